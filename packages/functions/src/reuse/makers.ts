import { makerEntry, requestKey, resultEntry, terminalEntry } from "@camclips/core";
import {
  ClipRendered,
  type Cut,
  type EventOf,
  type Findings,
  followingId,
  lane,
  SourcesDownloaded,
  type SourcesLocated,
  ThumbnailsRendered,
} from "@camclips/events";
import * as z from "zod/mini";
import type { Deps } from "../runtime/deps.ts";
import { getEntry, putEntryOnce } from "../runtime/entries.ts";
import { resultUnder } from "../runtime/outbox.ts";
import { terminal } from "../runtime/terminal.ts";

/** Whose turn it is to make a cut. What became of it stands in that clip's own record. */
const maker = z.object({
  clipId: z.string(),
  requestKey: z.string(),
  /** The SourcesLocated that leads to it. */
  event: z.string(),
  atMs: z.number(),
  lane: z.optional(lane),
});
export type Maker = z.output<typeof maker>;

type Located = EventOf<typeof SourcesLocated>;

/** @returns whose turn it is: the first one who asks has it. */
export async function makerOf(
  { key, turn }: Cut,
  { data, metadata }: Located,
  { records, clock }: Pick<Deps, "records" | "clock">,
  signal: AbortSignal,
): Promise<Maker> {
  const { clipId, id: event, lane } = metadata;
  const own = { clipId, requestKey: requestKey(data.request), event, atMs: clock.now(), ...(lane && { lane }) };
  return (await putEntryOnce(records, makerEntry(key, turn), maker, own, { signal })).stored;
}

const ending = z.pick(terminal, { cause: true });
export type Ending = z.output<typeof ending>;

/** What ended a maker's clip; undefined while it is made, or when it never will be. */
export const endingOfMaker = (
  { clipId, requestKey }: Maker,
  { records }: Pick<Deps, "records">,
  signal: AbortSignal,
): Promise<Ending | undefined> => getEntry(records, terminalEntry(clipId, requestKey), ending, signal);

/** What a maker delivered. */
export interface Made {
  clipId: string;
  delivered: EventOf<typeof ThumbnailsRendered>["data"];
  /** Where clips are signed. */
  findings?: Findings | undefined;
}

/** @returns undefined when its clip did not become available, or not by the event with which it took its turn. */
export async function madeBy(
  { clipId, event }: Maker,
  { cause }: Ending,
  { records, settings }: Pick<Deps, "records" | "settings">,
  signal: AbortSignal,
): Promise<Made | undefined> {
  const downloaded = followingId(event, SourcesDownloaded.type);
  const rendered = followingId(downloaded, ClipRendered.type);
  if (cause !== followingId(rendered, ThumbnailsRendered.type)) return undefined;
  const [pictured] = (await resultUnder(resultEntry(clipId, "render-thumbnails", rendered), records, signal)) ?? [];
  if (pictured?.type !== ThumbnailsRendered.type) return undefined;
  const made = { clipId, delivered: pictured.data };
  if (!settings.EVIDENCE_KEY) return made;
  const [rendering] = (await resultUnder(resultEntry(clipId, "render-clip", downloaded), records, signal)) ?? [];
  const findings = rendering?.type === ClipRendered.type ? rendering.data.findings : undefined;
  return findings && { ...made, findings };
}
