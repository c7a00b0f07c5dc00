import type { AnyEvent, ClipRequest } from "@camclips/events";
import type { Desk } from "@camclips/functions";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { statusAndReason } from "../view/format.ts";
import { PlainView } from "../view/plain-view.ts";
import { exitCodeOf, humanStream } from "../view/report.ts";
import { followClip } from "./follow-clip.ts";

interface Waiting {
  /** Epoch ms. */
  untilMs: number;
  json?: true | undefined;
}

/** Sends requests and shows what comes of them until each has its terminal status. @returns the exit code. */
export async function requestAndWait(
  desk: Desk,
  asked: readonly { body: string; request: ClipRequest }[],
  { untilMs, json }: Waiting,
): Promise<ExitCode> {
  for (const { body, request } of asked) await desk.request(body, request);
  const stream = humanStream({ ...(json && { json }) });
  const view = new PlainView(stream, asked.length);
  const onHistory = (events: readonly AnyEvent[]) => {
    for (const event of events) view.event(event);
  };
  const ends = await Promise.all(asked.map(({ request }) => followClip(desk, request, { untilMs, onHistory })));
  const told = ends.map(({ published }, index) => {
    const { clipId, cameraId } = asked[index]?.request ?? {};
    return published?.data.clipMetadata ?? { clipId, cameraId, status: null, error: "no terminal status yet" };
  });
  for (const [index, { published }] of ends.entries()) {
    const outcome = published
      ? statusAndReason(published.data.status, published.data.reason)
      : "no terminal status yet";
    stream.write(`${asked[index]?.request.clipId}  ${outcome}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(told.length === 1 ? told[0] : told, null, 2)}\n`);
  const codes = ends.map(({ published }) => (published ? exitCodeOf(published.data) : exitCodes.pending));
  return [exitCodes.noClip, exitCodes.pending].find((code) => codes.includes(code)) ?? exitCodes.ok;
}
