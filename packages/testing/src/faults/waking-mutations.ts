import { setTimeout } from "node:timers/promises";
import type { ClipRecords } from "@camclips/core";
import type { Mutation } from "./drive.ts";
import { type News, quietHistory } from "./history.ts";
import { asked, type Broken, type Circumstance, forgetting, together, unchanged, withRecords } from "./mutating.ts";

/** What keeps new recordings from waking clips twice, taken away, and what it must stand. */

/** When the second of the clip's recordings comes. */
const TOLD_SECONDS = 231;
const LONGEST_MS = 1000;

/** Both recordings of the clip come minutes after it was asked for, between two of its attempts. */
const late = (...news: News[]) =>
  quietHistory({
    asked: [{ ...asked, sentSeconds: [40] }],
    recordings: quietHistory().recordings.map((_, index) => {
      const seconds = index < 2 ? TOLD_SECONDS - 1 + index : null;
      return { listedSeconds: seconds, storedSeconds: seconds, broken: false };
    }),
    news,
  });

const told = (lateSeconds: number): News => ({ recording: 1, lateSeconds });
const twice = late({ recording: 0, lateSeconds: 0 }, told(0), told(0), told(7));

/** Whoever looks because of the news waits for the next one who does, who is on his way. */
const meeting: Mutation = (deps, world) => {
  let met: (() => void) | undefined;
  return {
    ...deps,
    cameras: {
      ...deps.cameras,
      async recordings(...args) {
        const listed = await deps.cameras.recordings(...args);
        if (world.seconds < TOLD_SECONDS) return listed;
        const { promise, resolve } = Promise.withResolvers<void>();
        met?.();
        met = resolve;
        await Promise.race([promise, setTimeout(LONGEST_MS)]);
        return listed;
      },
    },
  };
};

/** What stages look for to see that an attempt was made. */
const forgettingAttempts = (records: ClipRecords): Partial<ClipRecords> => ({
  async get(key, signal) {
    const found = await records.get(key, signal);
    const type = (found as { "detail-type"?: string } | undefined)?.["detail-type"];
    return type === "RequestAccepted" ? undefined : found;
  },
});

export const wakingGuards: Broken[] = [
  {
    guard: "the claim of an attempt by the object that wakes it",
    mutation: together(meeting, withRecords(forgetting(({ name }) => name.startsWith("woken/")))),
    history: twice,
    complaint: /one attempt was made twice/,
  },
  {
    guard: "that the schedule of a woken attempt does nothing",
    mutation: withRecords(forgettingAttempts),
    history: twice,
    complaint: /one attempt was made twice/,
  },
];

export const wakingCircumstances: Circumstance[] = [
  ["its footage is told of twice, and once more when it is at work", unchanged, twice, "CLIP_AVAILABLE"],
  ["its footage is told of twice at the same moment", meeting, twice, "CLIP_AVAILABLE"],
  ["its footage is told of before it is there", unchanged, late(told(-100)), "CLIP_AVAILABLE"],
  ["its footage is told of long after its schedule has found it", unchanged, late(told(600)), "CLIP_AVAILABLE"],
];
