import type { ClipRecords } from "@camclips/core";
import { cancelClip } from "@camclips/functions";
import { until } from "../folders.ts";
import type { Mutation } from "./drive.ts";
import { type History, quietHistory } from "./history.ts";
import {
  asked,
  type Broken,
  brokenRender,
  type Circumstance,
  forgetting,
  together,
  unchanged,
  withOutbox,
  withoutFootage,
  withoutLastWords,
  withRecords,
} from "./mutating.ts";

/** Guards against what operators, too many callers and long outages bring, taken away one by one. */

/** A clip that waits is cancelled. */
const cancelled = (breaksOff: boolean): History => ({
  ...withoutFootage,
  acts: [{ kind: "cancel", clipId: "clip-0", breaksOff, atSeconds: 130 }],
});

/** A clip is cancelled in the middle of its render. */
const cancelledRender = (breaksOff: boolean): History =>
  quietHistory({ acts: [{ kind: "cancel-render", clipId: "clip-0", breaksOff }] });

/** The footage comes later, and the clip is taken up again after it was cancelled. */
const replayedAfterCancelling: History = quietHistory({
  recordings: quietHistory().recordings.map((fate) => ({ ...fate, listedSeconds: 1000 })),
  asked: [{ ...asked, sentSeconds: [40] }],
  acts: [
    { kind: "cancel", clipId: "clip-0", breaksOff: false, atSeconds: 130 },
    { kind: "replay", clipId: "clip-0", notify: true, atSeconds: 2000 },
  ],
});

/** A clip is cancelled, and that is told, while its pending status is on its way. */
const cancelledMeanwhile: Mutation = (deps, world) => ({
  ...deps,
  cameras: {
    ...deps.cameras,
    async putClip(clipId, body, signal) {
      if ((body as { status: string }).status === "CLIP_PENDING" && !world.cancelled.has(clipId)) {
        const ports = { ...deps, schedules: { unschedule: async () => {} }, clock: world };
        await until(async () => (await cancelClip(clipId, ports)).kind === "cancelled");
        world.cancelled.add(clipId);
        await until(() => world.puts.some(({ status }) => status === "CLIP_CANCELLED"));
      }
      await deps.cameras.putClip(clipId, body, signal);
    },
  },
});

/** An operator's word counts as any other failure. */
const asFailure = (value: unknown): unknown =>
  (value as { status?: string } | undefined)?.status === "CLIP_CANCELLED"
    ? { ...(value as object), status: "FATAL_ERROR" }
    : value;
const readingAsFailure = (records: ClipRecords): Partial<ClipRecords> => ({
  get: async (key, signal) => asFailure(await records.get(key, signal)),
});
const claimingAsFailure = (records: ClipRecords): Partial<ClipRecords> => ({
  async putOnce(key, value, options) {
    const { stored, ours } = await records.putOnce(key, value, options);
    return { stored: ours ? stored : asFailure(stored), ours };
  },
});

/** A message is refused, its function dies before SQS learns of it, and it comes again in quieter times. */
const refusedThenQuiet: Mutation = (deps, world) => {
  let counts = 0;
  let isLost = false;
  return withOutbox({
    ...deps,
    backlog: { waitSeconds: async () => (counts++ === 0 ? 100_000 : 0) },
    bus: {
      async publish(events, signal) {
        await deps.bus.publish(events, signal);
        if (isLost || !events.some(({ type }) => type === "ClipRejected")) return;
        isLost = true;
        world.note("the function dies");
        throw new Error("the function died");
      },
    },
  });
};

/** The camera service takes no status for longer than any clip has. */
const putsDownForHours = quietHistory({ outages: [{ of: "puts", fromSeconds: 0, seconds: 30_000 }] });

/** The records cannot be reached when the clip's deadline comes. */
const recordsDownAtDeadline = quietHistory({ outages: [{ of: "records", fromSeconds: 4500, seconds: 3000 }] });

/** What is scheduled for another attempt of a stage after the deadline never comes. */
const noPatience =
  (stage: "publish-clip" | "check-deadline"): Mutation =>
  (deps) => ({
    ...deps,
    scheduler: {
      async schedule(message, signal) {
        const { attempt = 1, deadlineAt = "" } = JSON.parse(message.body).detail?.metadata ?? {};
        const isLate = attempt > 1 && message.queue === stage && message.atMs > Date.parse(deadlineAt);
        return isLate ? "already scheduled" : deps.scheduler.schedule(message, signal);
      },
    },
  });

export const operatorGuards: Broken[] = [
  {
    guard: "that a message keeps the answer that it had",
    mutation: together(refusedThenQuiet, withRecords(forgetting(({ name }) => name.startsWith("failure/")))),
    history: quietHistory(),
    complaint: /one message was refused and accepted/,
  },
  {
    guard: "that what was decided is told for days",
    mutation: noPatience("publish-clip"),
    history: putsDownForHours,
    complaint: /the camera service was never told/,
  },
  {
    guard: "that the deadline watch outlasts an outage",
    mutation: together(brokenRender, withoutLastWords, noPatience("check-deadline")),
    history: recordsDownAtDeadline,
    complaint: /0 notifications for one request/,
  },
  {
    guard: "that a cancelled clip is final, also for reruns",
    mutation: together(withRecords(readingAsFailure), withRecords(claimingAsFailure)),
    history: replayedAfterCancelling,
    complaint: /a cancelled clip was told otherwise/,
  },
  {
    guard: "that work that lasts looks whether its clip is over",
    mutation: (deps) => ({ ...deps, lookMs: 60_000 }),
    history: cancelledRender(false),
    complaint: /its render went on after it was cancelled/,
  },
  {
    guard: "that a clip's cancelling is the last word",
    mutation: together(withRecords(readingAsFailure), cancelledMeanwhile),
    history: withoutFootage,
    complaint: /the camera service was left at CLIP_PENDING/,
  },
];

export const operatorCircumstances: Circumstance[] = [
  ["a clip that waits is cancelled", unchanged, cancelled(false), "CLIP_CANCELLED"],
  ["a clip is cancelled, and the command breaks off", unchanged, cancelled(true), "CLIP_CANCELLED"],
  ["a clip is cancelled while it renders", unchanged, cancelledRender(false), "CLIP_CANCELLED"],
  [
    "a clip is cancelled while it renders, and the command breaks off",
    unchanged,
    cancelledRender(true),
    "CLIP_CANCELLED",
  ],
  ["a clip is cancelled while its pending status is on its way", cancelledMeanwhile, withoutFootage, "CLIP_CANCELLED"],
  ["a cancelled clip is replayed, and that is to be told", unchanged, replayedAfterCancelling, "CLIP_CANCELLED"],
  ["a message is refused, and comes again in quieter times", refusedThenQuiet, quietHistory(), "FATAL_ERROR"],
  ["the camera service takes no status for longer than any clip has", unchanged, putsDownForHours, "CLIP_AVAILABLE"],
  [
    "the records cannot be reached at the deadline",
    together(brokenRender, withoutLastWords),
    recordsDownAtDeadline,
    "FATAL_ERROR",
  ],
];
