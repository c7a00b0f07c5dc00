import { setTimeout } from "node:timers/promises";
import type { ReadGroup } from "@camclips/core/group";
import type { AnyEvent, ClipRequest } from "@camclips/events";
import type { Desk, GroupView } from "@camclips/functions";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { statusAndReason } from "../view/format.ts";
import { exitCodeOfGroup, groupLines } from "../view/group-lines.ts";
import { PlainView } from "../view/plain-view.ts";
import { exitCodeOf, humanStream } from "../view/report.ts";
import { followClip } from "./follow-clip.ts";

interface Waiting {
  /** Epoch ms. */
  untilMs: number;
  json?: true | undefined;
}

/** A group as it is sent. */
export interface SentGroup {
  group: ReadGroup;
  /** As its caller wrote it. */
  body: string;
}

const POLL_MS = 1_000;

/** Sends requests and groups, and shows what comes of them until each has its terminal status. @returns the exit code. */
export async function requestAndWait(
  desk: Desk,
  asked: readonly { body: string; request: ClipRequest }[],
  groups: readonly SentGroup[],
  { untilMs, json }: Waiting,
): Promise<ExitCode> {
  for (const { body, request } of asked) await desk.request(body, request);
  for (const { body, group } of groups) await desk.requestGroup(body, group);
  const stream = humanStream({ ...(json && { json }) });
  const view = new PlainView(stream, asked.length);
  const onHistory = (events: readonly AnyEvent[]) => {
    for (const event of events) view.event(event);
  };
  const ends = await Promise.all(asked.map(({ request }) => followClip(desk, request, { untilMs, onHistory })));
  const views = await Promise.all(groups.map(({ group }) => followGroup(desk, group.groupId, untilMs)));
  for (const view of views) stream.write(groupLines(view));
  const clips = ends.map(({ published }, index) => {
    const { clipId, cameraId } = asked[index]?.request ?? {};
    return published?.data.clipMetadata ?? { clipId, cameraId, status: null, error: "no terminal status yet" };
  });
  for (const [index, { published }] of ends.entries()) {
    const outcome = published
      ? statusAndReason(published.data.status, published.data.reason)
      : "no terminal status yet";
    stream.write(`${asked[index]?.request.clipId}  ${outcome}\n`);
  }
  const told = [...clips, ...views];
  if (json) process.stdout.write(`${JSON.stringify(told.length === 1 ? told[0] : told, null, 2)}\n`);
  const codes = [
    ...ends.map(({ published }) => (published ? exitCodeOf(published.data) : exitCodes.pending)),
    ...views.map(exitCodeOfGroup),
  ];
  return [exitCodes.noClip, exitCodes.pending].find((code) => codes.includes(code)) ?? exitCodes.ok;
}

/** @returns the group as it stands in the end; one that nobody took up in time has no items. */
async function followGroup(desk: Desk, groupId: string, untilMs: number): Promise<GroupView> {
  for (;;) {
    const view = await desk.group(groupId);
    if (view && view.status !== "GROUP_PENDING") return view;
    if (Date.now() >= untilMs) return view ?? { groupId, status: "GROUP_PENDING", decided: 0, items: [] };
    await setTimeout(POLL_MS);
  }
}
