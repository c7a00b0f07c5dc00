import {
  CameraServiceError,
  type ClipRecords,
  type EntryKey,
  type ObjectStore,
  ServiceUnavailableError,
} from "@camclips/core";
import type { Mutation } from "./drive.ts";
import { type History, type Outage, quietHistory } from "./history.ts";
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

/** Guards of the product, taken away one by one: with each the checks must complain, or they check nothing. */

const isEffect = ({ name }: EntryKey): boolean => /^(?:terminal|notified|put)\//.test(name);
const isNotified = ({ name }: EntryKey): boolean => name.startsWith("notified/");

/** The camera service takes no status when the clip is told, so that publish-clip runs many times. */
const putsDown = quietHistory({ outages: [{ of: "puts", fromSeconds: 0, seconds: 600 }] });
/** Stages that look whether a clip is decided see nothing. */
const forgettingWhatWasDecided = (records: ClipRecords): Partial<ClipRecords> => ({
  get: async (key, signal) => (key.name.startsWith("terminal/") ? undefined : records.get(key, signal)),
});

/** Every write takes the place of what was there. */
const overwriting = (records: ClipRecords): Partial<ClipRecords> => {
  const latest = new Map<string, unknown>();
  const nameOf = ({ clipId, name }: EntryKey) => `${clipId} ${name}`;
  return {
    get: async (key, signal) => latest.get(nameOf(key)) ?? records.get(key, signal),
    async putOnce(key, value, options) {
      await records.putOnce(key, value, options);
      latest.set(nameOf(key), value);
      return { stored: value, ours: true };
    },
  };
};

const unconditional = (store: ObjectStore): Partial<ObjectStore> => ({
  put: (key, body, options) => store.put(key, body, { ...options, ifAbsent: false }),
  putStream: (key, open, bytes, options) => store.putStream(key, open, bytes, { ...options, ifAbsent: false }),
});

const camerasGone: Mutation = (deps) => ({
  ...deps,
  cameras: { ...deps.cameras, alias: () => Promise.reject(new CameraServiceError("503", true)) },
});

/** The event is on its way for longer than the clip has. */
const lateThumbnails: Mutation = (deps, world) =>
  withOutbox({
    ...deps,
    bus: {
      async publish(events, signal) {
        const late = events.filter(({ type }) => type === "ThumbnailsRendered");
        world.published.push(...late);
        world.limbo.push(...late.map((event) => ({ atMs: world.now() + 3 * 3_600_000, event })));
        await deps.bus.publish(
          events.filter((event) => !late.includes(event)),
          signal,
        );
      },
    },
  });

/** While a service is down: every delivery of publish-clip is used up, and its message rests. */
const noRetryOfPublishing: Mutation = (deps) => ({
  ...deps,
  scheduler: {
    schedule: (message, signal) =>
      message.queue === "publish-clip"
        ? Promise.reject(new ServiceUnavailableError("EventBridge Scheduler: 503"))
        : deps.scheduler.schedule(message, signal),
  },
});

const down = (...of: Outage["of"][]): History =>
  quietHistory({ outages: of.map((each) => ({ of: each, fromSeconds: 0, seconds: 600 })) });

/** The first recording leaves the origin after twenty minutes. */
const retention: Mutation = (deps, world) => ({
  ...deps,
  origin: {
    open: async (key, signal) =>
      world.seconds > 1200 && key === world.nameOf(0) ? undefined : deps.origin.open(key, signal),
  },
});

/** Asked for late enough that missing footage is not waited for. */
const replayed = (notify: boolean): History =>
  quietHistory({
    asked: [{ ...asked, sentSeconds: [1000] }],
    acts: [{ kind: "replay", clipId: "clip-0", notify, atSeconds: 2000 }],
  });

/** A deploy without a working download, put right after a quarter of an hour; nobody hears of its failures. */
const badDeploy: Mutation = together(withoutLastWords, (deps, world) => ({
  ...deps,
  origin: {
    open: async (key, signal) => {
      if (world.seconds < 900) throw new Error("Cannot find module");
      return deps.origin.open(key, signal);
    },
  },
}));

export const brokenGuards: Broken[] = [
  {
    guard: "the entry of the notification",
    mutation: withRecords(forgetting(isNotified)),
    history: putsDown,
    complaint: /told twice, though nothing had gone wrong/,
  },
  {
    guard: "the conditional write of the terminal status",
    mutation: together(lateThumbnails, withRecords(overwriting)),
    history: quietHistory(),
    complaint: /2 ends for one request/,
  },
  {
    guard: "the conditional write of a clipId's claim and of the clip",
    mutation: together(withRecords(overwriting), (deps) => ({
      ...deps,
      destination: { ...deps.destination, ...unconditional(deps.destination) },
    })),
    history: quietHistory({ asked: [asked, { ...asked, startSeconds: 12, sentSeconds: [240] }] }),
    complaint: /other bytes than told/,
  },
  {
    guard: "the mark of a silent replay, and the entry of the notification",
    mutation: together(withRecords(forgetting(isEffect)), (deps) =>
      withOutbox({
        ...deps,
        bus: {
          publish: (events, signal) =>
            deps.bus.publish(
              events.map((event) => ({ ...event, metadata: { ...event.metadata, rerun: undefined } })),
              signal,
            ),
        },
      }),
    ),
    history: quietHistory(),
    complaint: /a replay told subscribers/,
  },
  {
    guard: "that a replay has no request sent again",
    mutation: (deps, world) => ({
      ...deps,
      records: {
        ...deps.records,
        // A replay begins once everything has come to rest, and then reads the results of its stages first.
        get: async (key, signal) => {
          if (world.healed && key.name.includes(".replay-"))
            await deps.scheduler.schedule(
              { name: `retry-${world.scheduled.length}`, atMs: world.now(), queue: "requests", body: "{}" },
              signal,
            );
          return deps.records.get(key, signal);
        },
      },
    }),
    history: quietHistory(),
    complaint: /scheduled by a replay/,
  },
  {
    guard: "that a replay keeps what was delivered",
    mutation: together(
      retention,
      withRecords(() => ({ status: async () => undefined })),
    ),
    history: replayed(false),
    complaint: /other bytes than told/,
  },
  {
    guard: "the deadline watch",
    mutation: together(brokenRender, withoutLastWords, (deps) => ({
      ...deps,
      scheduler: {
        schedule: async (message, signal) =>
          message.queue === "check-deadline" ? "already scheduled" : deps.scheduler.schedule(message, signal),
      },
    })),
    history: quietHistory(),
    complaint: /0 notifications for one request/,
  },
  {
    guard: "the bound on attempts for missing footage",
    mutation: (deps) => ({ ...deps, settings: { ...deps.settings, SQS_RETRY_LIMIT: 1200 } }),
    history: withoutFootage,
    complaint: /attempts, \d+ are allowed/,
  },
  {
    guard: "the bound on attempts while a dependency is down",
    mutation: together(camerasGone, withRecords(forgettingWhatWasDecided), (deps) => ({
      ...deps,
      scheduler: {
        schedule(message, signal) {
          const envelope = JSON.parse(message.body);
          if (message.queue === "locate-sources")
            envelope.detail.metadata.deadlineAt = new Date(message.atMs + 86_400_000).toISOString();
          const body = envelope.detail?.metadata.attempt > 42 ? message.body : JSON.stringify(envelope);
          return deps.scheduler.schedule({ ...message, body }, signal);
        },
      },
    })),
    history: quietHistory(),
    complaint: /one event was tried \d+ times/,
  },
];

/** The same circumstances with all guards in place: nothing to complain about. */
export const circumstances: Circumstance[] = [
  ["the camera service takes no status for ten minutes", unchanged, putsDown, "CLIP_AVAILABLE"],
  ["the thumbnails come hours after the deadline", lateThumbnails, quietHistory(), "FATAL_ERROR"],
  ["every render fails without a word", together(brokenRender, withoutLastWords), quietHistory(), "FATAL_ERROR"],
  ["SNS is down, and no retry can be scheduled", noRetryOfPublishing, down("topic"), "CLIP_AVAILABLE"],
  [
    "SNS and the camera service are down, and no retry can be scheduled",
    noRetryOfPublishing,
    down("topic", "puts"),
    "CLIP_AVAILABLE",
  ],
  [
    "a refused message has the clipId, range and policy of the valid one that corrects it",
    unchanged,
    quietHistory({ asked: [{ ...asked, fault: "gapPolicy", sentSeconds: [210, 240] }] }),
    "CLIP_AVAILABLE",
  ],
  ["a silent replay finds less than was delivered", retention, replayed(false), "CLIP_AVAILABLE"],
  ["a replay that tells finds less than was delivered", retention, replayed(true), "CLIP_AVAILABLE"],
  [
    "a bad deploy lays messages into the dead letters, and they are redriven before the deadline",
    badDeploy,
    quietHistory({ acts: [{ kind: "redrive", atSeconds: 1500 }] }),
    "CLIP_AVAILABLE",
  ],
  ["no footage ever comes", unchanged, withoutFootage, "CLIP_RETRY_TIMEOUT"],
  ["the camera service answers no question, ever", camerasGone, quietHistory(), "FATAL_ERROR"],
];
