import type { GapPolicy } from "@camclips/events";
import fc from "fast-check";

/** What a history is made of. Times are seconds after its start; the recordings are ten, 20 s each and back to back. */

const RECORDINGS = 10;
export const RECORDING_SECONDS = 20;
export const ALIAS = "pier";
export const CAMERA = "cam-1";

/** Fields that a caller gets wrong. */
const FAULTS = ["endTimestampInMs", "gapPolicy", "precision", "retryTimestamps"] as const;
export type Fault = (typeof FAULTS)[number];

/** A caller's request, sent once or more. */
export interface Asked {
  clipId: string;
  cameraId: string;
  startSeconds: number;
  endSeconds: number;
  gapPolicy: GapPolicy;
  /** When its message is sent; more than one: the same message again. */
  sentSeconds: number[];
  /** What is wrong with its first message, which is refused; the next ones are valid. */
  fault: Fault | undefined;
  /** Python literal instead of JSON. */
  python: boolean;
}

/** Some requests in one message, sent once or more. */
export interface Grouped {
  groupId: string;
  items: Asked[];
  sentSeconds: number[];
}

/** When a recording appears on the list and in the bucket, once it has ended; null: never. */
interface RecordingFate {
  listedSeconds: number | null;
  storedSeconds: number | null;
  broken: boolean;
  /** When retention takes it out of the bucket, while it is still listed; undefined: never. */
  goneSeconds?: number | undefined;
}

export interface Outage {
  /** `puts`: the camera service answers questions, but takes no status. */
  of: "cameras" | "puts" | "topic" | "bus" | "records" | "work" | "scheduler" | "disk";
  fromSeconds: number;
  seconds: number;
}

/** The bucket tells that it has a recording, late, twice, or though it never came. */
export interface News {
  recording: number;
  /** After it was stored. */
  lateSeconds: number;
}

/** More work lies ahead than can be done: new requests are refused. */
export interface Overload {
  fromSeconds: number;
  seconds: number;
}

type Disturbance = { kind: "jump"; atSeconds: number; bySeconds: number } | { kind: "restart"; atSeconds: number };

/** What somebody on call does to one clip, or to everything at rest. */
export type Act =
  /** Everything the archive holds of the clip, again. */
  | { kind: "replay"; clipId: string; notify: boolean; atSeconds: number }
  /** Every dead letter goes back to its queue, as `camclips redrive` sends it. */
  | { kind: "redrive"; atSeconds: number }
  /** Nobody wants the clip any more. `breaksOff`: the command ends before it has said so. */
  | { kind: "cancel"; clipId: string; breaksOff: boolean; atSeconds: number }
  /** The same, in the middle of a render of it. */
  | { kind: "cancel-render"; clipId: string; breaksOff: boolean };

export interface History {
  seed: number;
  /** Share of effects that go wrong, 0 to 1. */
  intensity: number;
  asked: Asked[];
  groups: Grouped[];
  recordings: RecordingFate[];
  /** Null: new recordings are not to wake clips. */
  news: News[] | null;
  outages: Outage[];
  overloads: Overload[];
  disturbances: Disturbance[];
  acts: Act[];
}

const seconds = (max: number) => fc.integer({ min: 0, max });

const asked = (index: number): fc.Arbitrary<Asked> =>
  fc
    .record({
      // Now and then two requests fight for one clipId.
      clipId: fc.oneof(
        { weight: 6, arbitrary: fc.constant(`clip-${index}`) },
        { weight: 1, arbitrary: fc.constant("clip-0") },
      ),
      cameraId: fc.oneof(
        { weight: 9, arbitrary: fc.constant(CAMERA) },
        { weight: 1, arbitrary: fc.constant("cam-unknown") },
      ),
      startSeconds: fc.integer({ min: -20, max: RECORDINGS * RECORDING_SECONDS - 20 }),
      endSeconds: fc.integer({ min: 1, max: 52 }),
      gapPolicy: fc.constantFrom("SKIP_GAPS", "REJECT", "FILL_WITH_BLACK"),
      sentSeconds: fc.array(seconds(600), { minLength: 1, maxLength: 3 }),
      fault: fc.oneof(
        { weight: 5, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom(...FAULTS) },
      ),
      python: fc.boolean(),
    })
    .map((drawn) => ({ ...drawn, endSeconds: drawn.startSeconds + drawn.endSeconds }));

/** Some of its clips are asked for by themselves, too, or by the other group. */
const grouped = (index: number): fc.Arbitrary<Grouped> =>
  fc
    .record({
      items: fc
        .integer({ min: 1, max: 3 })
        .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => asked(10 * (index + 1) + at)))),
      sentSeconds: fc.array(seconds(600), { minLength: 1, maxLength: 3 }),
    })
    .map((drawn) => ({ ...drawn, groupId: `group-${index}` }));

const fate: fc.Arbitrary<RecordingFate> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ listedSeconds: 0, storedSeconds: 0, broken: false }) },
  {
    weight: 2,
    arbitrary: fc.record({ listedSeconds: seconds(900), storedSeconds: seconds(900), broken: fc.constant(false) }),
  },
  { weight: 1, arbitrary: fc.constant({ listedSeconds: null, storedSeconds: null, broken: false }) },
  {
    weight: 1,
    arbitrary: fc.record({
      listedSeconds: fc.constant(0),
      storedSeconds: fc.constantFrom(0, null),
      broken: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      listedSeconds: fc.constant(0),
      storedSeconds: fc.constant(0),
      broken: fc.constant(false),
      goneSeconds: fc.integer({ min: 300, max: 20_000 }),
    }),
  },
);

const news: fc.Arbitrary<News> = fc.record({
  recording: fc.integer({ min: 0, max: RECORDINGS - 1 }),
  lateSeconds: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 1) }, { weight: 1, arbitrary: seconds(900) }),
});

const outage: fc.Arbitrary<Outage> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      of: fc.constantFrom("cameras", "puts", "topic", "bus", "records", "scheduler", "disk", "work"),
      fromSeconds: seconds(900),
      seconds: fc.integer({ min: 5, max: 400 }),
    }),
  },
  {
    // Longer than every deadline: what was decided is told when it is over.
    weight: 1,
    arbitrary: fc.record({
      of: fc.constantFrom("cameras", "puts", "topic"),
      fromSeconds: seconds(300),
      seconds: fc.integer({ min: 5_000, max: 90_000 }),
    }),
  },
);

const overload: fc.Arbitrary<Overload> = fc.record({
  fromSeconds: seconds(600),
  seconds: fc.integer({ min: 5, max: 400 }),
});

const disturbance: fc.Arbitrary<Disturbance> = fc.oneof(
  fc.record({
    kind: fc.constant("jump" as const),
    atSeconds: seconds(1200),
    bySeconds: fc.integer({ min: -600, max: 1800 }),
  }),
  fc.record({ kind: fc.constant("restart" as const), atSeconds: seconds(1200) }),
);

/** Before and after the first deadlines, which are an hour and a quarter away, and for as long as the archive keeps events. */
const actSeconds = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 100, max: 9000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 9000, max: 89 * 24 * 3600 }) },
);

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constant("replay" as const),
    clipId: fc.constantFrom("clip-0", "clip-1"),
    notify: fc.boolean(),
    atSeconds: actSeconds,
  }),
  fc.record({ kind: fc.constant("redrive" as const), atSeconds: actSeconds }),
  fc.record({
    kind: fc.constant("cancel" as const),
    clipId: fc.constantFrom("clip-0", "clip-1"),
    breaksOff: fc.boolean(),
    // While clips wait, or right after.
    atSeconds: fc.integer({ min: 10, max: 1500 }),
  }),
  fc.record({
    kind: fc.constant("cancel-render" as const),
    clipId: fc.constantFrom("clip-0", "clip-1"),
    breaksOff: fc.boolean(),
  }),
);

/** Requests for the same as the first one, under clipIds of their own. */
const twins = fc.oneof(
  { weight: 1, arbitrary: fc.constant<number[][]>([]) },
  {
    weight: 1,
    arbitrary: fc.array(fc.array(seconds(600), { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 }),
  },
);

const drawn = fc.record({
  intensity: fc.constantFrom(0, 0.02, 0.05, 0.1, 0.2),
  asked: fc
    .integer({ min: 1, max: 4 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => asked(index)))),
  overloads: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Overload[]>([]) },
    { weight: 1, arbitrary: fc.array(overload, { minLength: 1, maxLength: 2 }) },
  ),
  recordings: fc.array(fate, { minLength: RECORDINGS, maxLength: RECORDINGS }),
  news: fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.array(news, { minLength: 5, maxLength: 25 }) },
  ),
  outages: fc.array(outage, { maxLength: 3 }),
  disturbances: fc.array(disturbance, { maxLength: 3 }),
  acts: fc.oneof(
    { weight: 2, arbitrary: fc.constant<Act[]>([]) },
    { weight: 1, arbitrary: fc.array(act, { minLength: 1, maxLength: 3 }) },
  ),
  groups: fc.oneof(
    { weight: 2, arbitrary: fc.constant<Grouped[]>([]) },
    { weight: 1, arbitrary: fc.tuple(grouped(0)) },
    { weight: 1, arbitrary: fc.tuple(grouped(0), grouped(1)) },
  ),
});

const history: fc.Arbitrary<Omit<History, "seed">> = fc
  .tuple(drawn, twins)
  .map(([one, sent]) => ({ ...one, asked: withTwins(one.asked, sent) }));

/** @param sent when the messages of each twin of the first request are sent. */
export const withTwins = (asked: readonly Asked[], sent: readonly number[][]): Asked[] => [
  ...asked,
  ...asked
    .slice(0, 1)
    .flatMap((first) =>
      sent.map((sentSeconds, index) => ({ ...first, clipId: `twin-${index}`, fault: undefined, sentSeconds })),
    ),
];

/** The history of a seed: always the same one. */
export function historyOf(seed: number): History {
  const [one] = fc.sample(history, { seed, numRuns: 1 });
  if (!one) throw new Error("nothing was drawn");
  return { seed, ...one };
}

/** Every clip that somebody asks for, by itself or in a group. */
export const allAsked = ({ asked, groups }: Pick<History, "asked" | "groups">): Asked[] => [
  ...asked,
  ...groups.flatMap(({ items, sentSeconds }) => items.map((item) => ({ ...item, sentSeconds }))),
];

/** A history in which nothing goes wrong but what the test asks for. */
export function quietHistory(change: Partial<History> = {}): History {
  const asked: Asked = {
    clipId: "clip-0",
    cameraId: CAMERA,
    startSeconds: 10,
    endSeconds: 30,
    gapPolicy: "SKIP_GAPS",
    sentSeconds: [210],
    fault: undefined,
    python: true,
  };
  const recordings = Array.from({ length: RECORDINGS }, () => ({ listedSeconds: 0, storedSeconds: 0, broken: false }));
  return {
    seed: 1,
    intensity: 0,
    asked: [asked],
    groups: [],
    recordings,
    news: null,
    outages: [],
    overloads: [],
    disturbances: [],
    acts: [],
    ...change,
  };
}
