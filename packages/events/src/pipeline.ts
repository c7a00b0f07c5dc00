import {
  ClipFailed,
  ClipPublished,
  ClipRejected,
  ClipRendered,
  catalog,
  type EventType,
  GroupAccepted,
  GroupCompleted,
  RequestAccepted,
  SourcesDownloaded,
  SourcesLocated,
  SourcesPending,
  ThumbnailsRendered,
} from "./catalog.ts";
import type { CamclipsEvent } from "./define.ts";
import type { Lane } from "./schemas.ts";

/** One thing a stage may do; the stacks turn each into the narrowest policy statement that allows it. */
export type Grant =
  | "origin:read"
  | "records:read"
  | "records:write"
  | "records:list"
  /** Who waits for a camera's footage. */
  | "records:waiting"
  | "work:read"
  | "work:write"
  | "destination:read"
  | "destination:write"
  | "topic:publish"
  /** Only where EVIDENCE_KEY names a key. */
  | "evidence:sign"
  /** Only with REUSE: copying a clip that was made before, and waking those that wait for one. */
  | "cuts:copy"
  | "cuts:wake"
  | "queues:count"
  | "schedule:request"
  | "schedule:deadline";

/** What fills a stage's queue. */
export type StageInput =
  /** The callers' SQS requests. */
  | { from: "requests" }
  /** A rule on the bus. */
  | { from: "bus"; events: readonly EventType[] }
  /** One-shot schedules only, which carry these events. */
  | { from: "schedule"; events: readonly EventType[] }
  /** A rule for new objects in the origin bucket. Such a stage is deployed only where EARLY_WAKE is on. */
  | { from: "origin" }
  /** A schedule that comes again and again; what it carries says nothing. */
  | { from: "clock"; everyMinutes: number };

/**
 * One row per stage. The row, the stage's file `packages/functions/src/stages/<stage>.ts` and its events in the catalogue are
 * all there is to a stage: the stacks and the local runtime are generated from this table. Every stage may publish to
 * the bus and schedule a message back to its own queue; `grants` says what else it may do.
 */
export interface PipelineStage {
  readonly stage: string;
  readonly input: StageInput;
  readonly emits: readonly EventType[];
  readonly grants: readonly Grant[];
  /**
   * Whether its result is stored before it is published, and published again by a redelivery. A stage without makes itself
   * idempotent, or has one effect that may repeat.
   */
  readonly outbox: boolean;
  /**
   * Seconds that it and the stages behind it need at least: work that begins later than this before the clip's deadline
   * would be for nothing, and so would work for a clip that has its status. Where there is time enough, all the time that the
   * stage may take is kept as well. 0: it runs whatever the clip's state is.
   */
  readonly leastSeconds: number;
  /** Seconds after the clip's deadline during which it still waits for a dependency: what was decided is to be told. */
  readonly patienceSeconds: number;
  /** Whether its last failure ends the clip (ClipFailed); otherwise the message rests in the dead-letter queue alone. */
  readonly failsClip: boolean;
  readonly ffmpeg: boolean;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** Size of /tmp. */
  readonly storageMb: number;
  /** Of the work on one message, as far as it is known: what lies in a queue is counted in it (docs/scale.md). */
  readonly typicalSeconds: number;
  /** Functions that run at once, at most (SQS MaximumConcurrency: 2 to 1000). */
  readonly concurrency: number;
  /** Queues of its own beside the usual one, and how many functions more work on each at once, at most. */
  readonly lanes: Readonly<Partial<Record<Lane, number>>>;
  readonly batchSize: number;
  /** Deliveries that the stage sees before it gives a message up; the last one emits ClipFailed. */
  readonly maxReceives: number;
}

/**
 * Receives after which a queue takes a message away. Many more than a stage's `maxReceives`: a throttled function never sees what
 * was received for it, and a message that was given up comes to rest at once. (AWS advises five at least.)
 */
export const QUEUE_RECEIVES = 30;

const DAY_SECONDS = 24 * 3600;

const small = {
  leastSeconds: 0,
  patienceSeconds: 0,
  outbox: true,
  failsClip: true,
  ffmpeg: false,
  memoryMb: 512,
  timeoutSeconds: 60,
  storageMb: 512,
  typicalSeconds: 0.06,
  concurrency: 20,
  lanes: {},
  // A message that hangs until its time is up takes none along.
  batchSize: 1,
  maxReceives: 4,
};

export const pipeline = [
  {
    ...small,
    stage: "accept-request",
    typicalSeconds: 0.12,
    outbox: false,
    failsClip: false,
    input: { from: "requests" },
    emits: [RequestAccepted.type, ClipRejected.type, GroupAccepted.type],
    grants: ["records:read", "records:write", "schedule:deadline", "queues:count"],
  },
  {
    ...small,
    stage: "locate-sources",
    typicalSeconds: 0.3,
    leastSeconds: 20,
    input: { from: "bus", events: [RequestAccepted.type] },
    emits: [SourcesLocated.type, SourcesPending.type, ClipRejected.type],
    grants: ["records:read", "records:write"],
    // Protects the camera service, which is not ours.
    concurrency: 10,
    lanes: { high: 2, low: 2 },
  },
  {
    ...small,
    stage: "download-sources",
    typicalSeconds: 1.5,
    leastSeconds: 15,
    input: { from: "bus", events: [SourcesLocated.type] },
    emits: [SourcesDownloaded.type, ClipRendered.type, SourcesPending.type, ClipRejected.type],
    grants: ["records:read", "records:write", "origin:read", "work:write", "cuts:copy"],
    memoryMb: 1024,
    timeoutSeconds: 120,
    concurrency: 50,
    lanes: { high: 10, low: 5 },
  },
  {
    ...small,
    stage: "render-clip",
    typicalSeconds: 3,
    leastSeconds: 10,
    input: { from: "bus", events: [SourcesDownloaded.type] },
    emits: [ClipRendered.type, ClipRejected.type],
    grants: ["records:read", "records:write", "work:read", "destination:read", "destination:write"],
    ffmpeg: true,
    memoryMb: 2654,
    timeoutSeconds: 300,
    storageMb: 4096,
    concurrency: 50,
    lanes: { high: 20, low: 10 },
  },
  {
    ...small,
    stage: "render-thumbnails",
    typicalSeconds: 1,
    leastSeconds: 5,
    input: { from: "bus", events: [ClipRendered.type] },
    emits: [ThumbnailsRendered.type],
    grants: ["records:read", "records:write", "destination:read", "destination:write", "evidence:sign"],
    ffmpeg: true,
    memoryMb: 1769,
    timeoutSeconds: 60,
    storageMb: 2048,
    concurrency: 50,
  },
  {
    ...small,
    stage: "publish-clip",
    typicalSeconds: 0.25,
    patienceSeconds: 3 * DAY_SECONDS,
    failsClip: false,
    input: { from: "bus", events: [ThumbnailsRendered.type, ClipRejected.type, ClipFailed.type, GroupAccepted.type] },
    emits: [ClipPublished.type, GroupCompleted.type],
    grants: ["records:read", "records:write", "destination:read", "topic:publish", "cuts:wake"],
    // As many as accept-request refuses when too much is asked for: refusals are told as well.
    concurrency: 40,
  },
  {
    ...small,
    stage: "schedule-retry",
    input: { from: "bus", events: [SourcesPending.type] },
    emits: [],
    grants: ["records:read", "records:write", "schedule:request"],
    concurrency: 10,
  },
  {
    ...small,
    stage: "wake-clips",
    outbox: false,
    // The schedule of the clip's next attempt stands.
    failsClip: false,
    input: { from: "origin" },
    emits: [RequestAccepted.type],
    grants: ["records:read", "records:write", "records:waiting", "origin:read", "schedule:deadline"],
    concurrency: 5,
    batchSize: 10,
  },
  {
    ...small,
    stage: "check-deadline",
    // Whoever waits is answered also where the record could not be read at the deadline.
    patienceSeconds: 3 * DAY_SECONDS,
    failsClip: false,
    input: { from: "schedule", events: [RequestAccepted.type, ClipRejected.type, GroupAccepted.type] },
    emits: [ClipFailed.type, ClipRejected.type, GroupAccepted.type],
    grants: ["records:read", "records:write"],
  },
  {
    ...small,
    stage: "record-event",
    outbox: false,
    failsClip: false,
    input: { from: "bus", events: catalog.map((definition) => definition.type) },
    emits: [],
    grants: ["records:write"],
    batchSize: 10,
  },
  {
    ...small,
    stage: "watch-clips",
    outbox: false,
    failsClip: false,
    input: { from: "clock", everyMinutes: 5 },
    emits: [],
    grants: ["records:list", "records:write"],
    concurrency: 2,
  },
] as const satisfies readonly PipelineStage[];

export type StageName = (typeof pipeline)[number]["stage"];
type Row = PipelineStage & { readonly stage: StageName };

/** The rows that a deployment with these settings has. */
export function deployedRows({ EARLY_WAKE }: { EARLY_WAKE: boolean }): Row[] {
  return (pipeline as readonly Row[]).filter(({ input }) => EARLY_WAKE || input.from !== "origin");
}

/** The lanes that a stage has beside its usual queue. */
export const lanesOf = ({ lanes }: Pick<PipelineStage, "lanes">): Lane[] => Object.keys(lanes) as Lane[];

/** The lane of a stage that an event takes. */
export function laneIn({ lanes }: Pick<PipelineStage, "lanes">, { metadata }: CamclipsEvent): Lane | undefined {
  return metadata.lane && lanes[metadata.lane] ? metadata.lane : undefined;
}

/** The queues that an event lies in: the stages that take it, and in which of their lanes. */
export function takersOf(event: CamclipsEvent): { stage: StageName; lane: Lane | undefined }[] {
  return (pipeline as readonly Row[]).flatMap((row) =>
    row.input.from === "bus" && (row.input.events as readonly string[]).includes(event.type)
      ? [{ stage: row.stage, lane: laneIn(row, event) }]
      : [],
  );
}

/** @throws Error for a name the table does not have. */
export function stageNamed(name: string): PipelineStage {
  const row = pipeline.find((candidate) => candidate.stage === name);
  if (!row) throw new Error(`no stage "${name}": ${pipeline.map((candidate) => candidate.stage).join(", ")}`);
  return row;
}
