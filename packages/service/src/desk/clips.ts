import { clipState, writeRequest } from "@camclips/core";
import type { ClipRequest } from "@camclips/events";
import type { Desk, KnownClip } from "@camclips/functions";
import * as z from "zod";
import { idFor, requestOf } from "../api/ask.ts";
import type { ClipView } from "../api/clip-view.ts";
import type { Api } from "../api/route.ts";
import { clipRequest } from "../api/schemas.ts";
import type { Guard } from "../auth/guard.ts";
import { Problem } from "../http/problem.ts";
import { detailOf, summaryOf } from "./clip-view.ts";

const query = z.object({
  state: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(clipState))
    .optional(),
  camera: z.string().optional(),
  search: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z
    .string()
    .regex(/^\d+~./)
    .optional(),
});

/** Clips that a search looks through; an id that is typed whole is found at any age. */
const SEARCHED = 5_000;

export function addDeskClips(app: Api, desk: Desk, guard: Guard, now: () => number): void {
  /** Asked for here, and not taken up yet as far as is known. */
  const asked = new Map<string, ClipRequest>();
  const clipOr404 = async (clipId: string): Promise<ClipView> => {
    const clip = await detailOf(desk, clipId);
    const request = asked.get(clipId);
    if (clip) asked.delete(clipId);
    if (clip ?? request) return clip ?? queuedView(request as ClipRequest);
    throw new Problem(404, `nobody asked for a clip ${clipId.slice(0, 130)}`);
  };

  app.get("/clips", guard.needs("view"), async (context) => {
    const read = query.safeParse(context.req.query());
    if (!read.success) throw new Problem(422, z.prettifyError(read.error), { reason: "INVALID_REQUEST" });
    const { state: states, camera, search, limit, cursor } = read.data;
    const named = search && !cursor ? await desk.clip(search) : undefined;
    if (named) return context.json({ clips: [summaryOf(named)] });
    const [sinceMs = "", ...rest] = cursor?.split("~") ?? [];
    const behind = cursor === undefined ? undefined : { sinceMs: Number(sinceMs), clipId: rest.join("~") };
    const clips = await firstOf(desk.clips({ states, camera, behind }), search?.toLowerCase(), limit + 1);
    const last = clips.length > limit ? clips[limit - 1] : undefined;
    const next = last && `${last.sinceMs}~${last.clipId}`;
    return context.json({ clips: clips.slice(0, limit).map(summaryOf), ...(next && { next }) });
  });

  app.get("/clips/:clipId", guard.needs("view"), async (context) =>
    context.json(await clipOr404(context.req.param("clipId"))),
  );

  app.delete("/clips/:clipId", guard.needs("request"), async (context) => {
    const { clipId } = context.req.param();
    await clipOr404(clipId);
    const result = await desk.cancel(clipId);
    if (result.kind === "unknown") throw new Problem(404, `there is no request of the clip ${clipId.slice(0, 130)}`);
    if (result.kind === "decided") throw new Problem(409, `the clip is ${result.status} already`);
    if (result.kind !== "cancelled") throw new Problem(409, "the clip was accepted a moment ago: try again");
    return context.json(await clipOr404(clipId));
  });

  app.post("/clips", guard.needs("request"), async (context) => {
    const read = clipRequest.safeParse(await context.req.json().catch(() => undefined));
    if (!read.success) throw new Problem(422, z.prettifyError(read.error), { reason: "INVALID_REQUEST" });
    const request = requestOf(read.data, read.data.clipId ?? idFor(read.data, undefined), now());
    await desk.request(writeRequest(request), request);
    asked.set(request.clipId, request);
    return context.json(queuedView(request), 202);
  });
}

async function firstOf(clips: AsyncIterable<KnownClip>, search: string | undefined, count: number) {
  const found: KnownClip[] = [];
  let seen = 0;
  for await (const clip of clips) {
    seen += 1;
    const names = `${clip.clipId}\n${clip.title ?? ""}`.toLowerCase();
    if (search === undefined || names.includes(search)) found.push(clip);
    if (found.length === count || (search !== undefined && seen === SEARCHED)) break;
  }
  return found;
}

const queuedView = ({ clipId, cameraId, startMs, endMs, sentMs }: ClipRequest): ClipView => ({
  ...{ clipId, camera: cameraId, start: startMs, end: endMs, state: "queued", since: sentMs },
  links: { self: `/clips/${encodeURIComponent(clipId)}` },
});
