import {
  CameraServiceError,
  type ClipRecords,
  type EntryKey,
  type ObjectStore,
  ServiceUnavailableError,
} from "@camclips/core";
import { cancelClip, createOutbox, type Deps } from "@camclips/functions";
import { until } from "../folders.ts";
import type { Mutation } from "./drive.ts";
import { type History, type Outage, quietHistory } from "./history.ts";

/** Guards of the product, taken away one by one: with each the checks must complain, or they check nothing. */

export interface Broken {
  guard: string;
  mutation: Mutation;
  /** A history in which the guard is what saves the day. */
  history: History;
  /** What the checks must say. */
  complaint: RegExp;
}

/** The outbox stands on the records and the bus: it must see a mutation of either. */
const withOutbox = (deps: Deps): Deps => ({ ...deps, outbox: createOutbox(deps) });

const withRecords =
  (change: (records: ClipRecords) => Partial<ClipRecords>): Mutation =>
  (deps) =>
    withOutbox({ ...deps, records: { ...deps.records, ...change(deps.records) } });

const isEffect = ({ name }: EntryKey): boolean => /^(?:terminal|notified|put)\//.test(name);
const isNotified = ({ name }: EntryKey): boolean => name.startsWith("notified/");

/** As if the entries were not there, and nobody held a lease. */
const forgetting =
  (forgotten: (key: EntryKey) => boolean) =>
  (records: ClipRecords): Partial<ClipRecords> => ({
    get: async (key, signal) => (forgotten(key) ? undefined : records.get(key, signal)),
    lease: async (key, lease, signal) => (forgotten(key) ? { kind: "taken" } : records.lease(key, lease, signal)),
    putOnce: async (key, value, options) =>
      forgotten(key) ? { stored: value, ours: true } : records.putOnce(key, value, options),
  });

/** The camera service takes no status when the clip is told, so that publish-clip runs many times. */
const putsDown = quietHistory({ outages: [{ of: "puts", fromSeconds: 0, seconds: 600 }] });
const asked = quietHistory().asked[0] as History["asked"][number];

const withoutFootage = quietHistory({
  recordings: quietHistory().recordings.map(() => ({ listedSeconds: null, storedSeconds: null, broken: false })),
  asked: [{ ...asked, sentSeconds: [40] }],
});

const unchanged: Mutation = (deps) => deps;

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

const brokenRender: Mutation = (deps) => ({ ...deps, scratch: () => Promise.reject(new Error("out of memory")) });

/** No event tells of a stage that gave up: as when its process was killed at the last delivery. */
const withoutLastWords: Mutation = (deps) =>
  withOutbox({
    ...deps,
    bus: {
      publish: (events, signal) =>
        deps.bus.publish(
          events.filter((event) => event.type !== "ClipFailed" || event.metadata.hops < 3),
          signal,
        ),
    },
  });

const together =
  (...mutations: Mutation[]): Mutation =>
  (deps, world) =>
    mutations.reduce((mutated, mutation) => mutation(mutated, world), deps);

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

/** A clip that waits is cancelled. */
const cancelled = (breaksOff: boolean): History => ({
  ...withoutFootage,
  acts: [{ kind: "cancel", clipId: "clip-0", breaksOff, atSeconds: 130 }],
});

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

export const brokenGuards: Broken[] = [
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
    guard: "that a clip's cancelling is the last word",
    mutation: together(withRecords(readingAsFailure), cancelledMeanwhile),
    history: withoutFootage,
    complaint: /the camera service was left at CLIP_PENDING/,
  },
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
export const circumstances: [name: string, circumstance: Mutation, history: History, status: string][] = [
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
  ["a clip that waits is cancelled", unchanged, cancelled(false), "CLIP_CANCELLED"],
  ["a clip is cancelled, and the command breaks off", unchanged, cancelled(true), "CLIP_CANCELLED"],
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
  ["no footage ever comes", unchanged, withoutFootage, "CLIP_RETRY_TIMEOUT"],
  ["the camera service answers no question, ever", camerasGone, quietHistory(), "FATAL_ERROR"],
];
