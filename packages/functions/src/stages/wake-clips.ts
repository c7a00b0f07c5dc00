import { ComeBack, type ToldError } from "@camclips/core";
import { isNewsFor, startsAround } from "@camclips/core/early-attempt";
import { recordingObjects } from "@camclips/core/recording-object";
import type { WaitingClip } from "@camclips/core/waiting-clip";
import { stageNamed } from "@camclips/events";
import * as z from "zod/mini";
import { lambdaHandler } from "../lambda/handler.ts";
import { inParallel } from "../runtime/in-parallel.ts";
import type { StageHandler } from "../runtime/process.ts";
import { type News, verdictOn, type WakeDeps, wakeClip } from "../runtime/wake-clip.ts";

/** What S3 says of a new object, through EventBridge: there its key is as it is. */
const objectCreated = z.object({
  source: z.literal("aws.s3"),
  "detail-type": z.literal("Object Created"),
  detail: z.object({ object: z.object({ key: z.string() }) }),
});

/** The camera service may list a recording later than the bucket has it: after 2, 4 and 8 s it is looked at again. */
const FIRST_PAUSE_SECONDS = 2;

/** Clips that wait for the same recording, and questions to the camera service. */
const AT_ONCE = 4;

const { maxReceives } = stageNamed("wake-clips");

/**
 * A new object in the origin bucket may be what a clip waits for: then its next attempt is made now, once. Whatever is not sure
 * is left to the attempt's schedule, which stands.
 */
export const wakeClips: StageHandler<WakeDeps> = {
  name: "wake-clips",
  read: () => undefined,
  async run({ body, messageId, receiveCount }, _event, deps, signal) {
    const { key } = objectCreated.parse(body).detail.object;
    const recording = recordingObjects(deps.settings).atKey(key);
    if (!recording) return [];
    const news = { key, messageId, receiveCount, isLast: receiveCount >= maxReceives };
    const around = startsAround(recording.startMs, deps.settings);
    const waiting = await Array.fromAsync(deps.records.waitingFor(recording.camera, around, signal));
    const concerned = waiting.filter((clip) => isNewsFor(clip, recording.startMs, deps.settings));
    const areSettled = await inParallel(AT_ONCE, concerned, signal, (clip, _, either) =>
      settled(clip, news, deps, either),
    );
    if (areSettled.includes(false) && !news.isLast) throw new ComeBack(FIRST_PAUSE_SECONDS * 2 ** (receiveCount - 1));
    return [];
  },
};

/** @returns whether nothing is left to do for the clip, because of this object. */
async function settled(waiting: WaitingClip, news: News, deps: WakeDeps, signal: AbortSignal): Promise<boolean> {
  try {
    const verdict = await verdictOn(waiting, news, deps, signal);
    if (verdict === "wake") await wakeClip(waiting, news, deps, signal);
    return verdict !== "soon";
  } catch (error) {
    signal.throwIfAborted();
    if (!(error as ToldError).transient) throw error;
    const { clipId } = waiting.request;
    deps.log.warn("a clip was not woken", { clipId, error: String(error) });
    return false;
  }
}

export const handler = lambdaHandler(wakeClips, async (...known) =>
  (await import("../lambda/connect-cameras.ts")).connectCameras(...known),
);
