import { GroupAccepted } from "@camclips/events";
import type { Mutation } from "./drive.ts";
import { quietHistory } from "./history.ts";
import {
  asked,
  type Broken,
  brokenRender,
  type Circumstance,
  forgetting,
  together,
  unchanged,
  withOutbox,
  withRecords,
} from "./mutating.ts";

/** What holds groups together, taken away, and what it must stand. */

const group = {
  groupId: "group-0",
  items: [asked, { ...asked, clipId: "clip-1", startSeconds: 12 }],
  sentSeconds: [210],
};
const ofGroup = quietHistory({ asked: [], groups: [group] });

/** The same clip is asked for by itself, a moment before, and its footage is missing. */
const older = quietHistory({
  asked: [{ ...asked, sentSeconds: [200] }],
  groups: [{ ...group, items: [asked] }],
  recordings: quietHistory().recordings.map(() => ({ listedSeconds: 700, storedSeconds: 700, broken: false })),
});

/** The event that tells of a group is lost, as in a rule that was disabled for a while. */
const withoutGroupAccepted: Mutation = (deps, world) =>
  withOutbox({
    ...deps,
    bus: {
      async publish(events, signal) {
        const lost = events.filter(({ type }) => type === GroupAccepted.type && world.seconds < 1000);
        world.published.push(...lost);
        await deps.bus.publish(
          events.filter((event) => !lost.includes(event)),
          signal,
        );
      },
    },
  });

const withoutWatch: Mutation = (deps) => ({
  ...deps,
  scheduler: {
    schedule: async (message, signal) =>
      message.queue === "check-deadline" && message.body.includes(GroupAccepted.type)
        ? "already scheduled"
        : deps.scheduler.schedule(message, signal),
  },
});

export const groupGuards: Broken[] = [
  {
    guard: "the entry of a group's notification",
    mutation: withRecords(forgetting(({ name }) => name === "told" || name.startsWith("result/publish-clip"))),
    history: quietHistory({ asked: [], groups: [{ ...group, sentSeconds: [210, 500] }] }),
    complaint: /told twice, though nothing had gone wrong/,
  },
  {
    guard: "the watch of a group's deadline",
    mutation: together(withoutGroupAccepted, withoutWatch),
    history: older,
    complaint: /0 notifications for one group/,
  },
  {
    guard: "the claim of a clip by its group",
    mutation: together(
      withoutGroupAccepted,
      withoutWatch,
      withRecords((records) => ({
        putOnce: (key, value, options) =>
          records.putOnce(key, key.name === "claim" ? { ...(value as object), groupId: undefined } : value, options),
      })),
    ),
    history: ofGroup,
    complaint: /0 notifications for one group/,
  },
];

export const groupCircumstances: Circumstance[] = [
  ["a group is asked for in one message", unchanged, ofGroup, "CLIP_AVAILABLE"],
  ["a group holds a clip that was asked for before and waits", unchanged, older, "CLIP_AVAILABLE"],
  ["the event of a group is lost", withoutGroupAccepted, older, "CLIP_AVAILABLE"],
  ["no item of a group can be made", brokenRender, ofGroup, "FATAL_ERROR"],
];
