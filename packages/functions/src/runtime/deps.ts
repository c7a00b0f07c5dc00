import type {
  Backlog,
  CameraService,
  ClipRecords,
  Clock,
  EventBus,
  MakeLink,
  ObjectReader,
  ObjectStore,
  Outbox,
  Scheduler,
  Schedules,
  Signer,
  Topic,
} from "@camclips/core";
import type { Settings } from "@camclips/events";
import type { MediaEngine, OnProgress } from "@camclips/media";

export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The names CloudWatch gives them; a ratio has none. */
export type MetricUnit = "Count" | "Milliseconds" | "Bytes" | "None";

export interface Metrics {
  add(name: string, value: number, unit: MetricUnit, dimensions?: Record<string, string>): void;
}

/** An empty folder of one's own; disposing of it removes everything in it. */
export interface Scratch extends AsyncDisposable {
  readonly path: string;
}

/** Everything a stage may ask for; each names what it needs with `Pick`. */
export interface Deps {
  settings: Settings;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** Recordings; read only. */
  origin: ObjectReader;
  /** Staged sources. */
  work: ObjectStore;
  /** Claims, results, effects, events and the status of every clip. */
  records: ClipRecords;
  destination: ObjectStore;
  /** Name of the destination bucket, as callers are told it. */
  destinationBucket: string;
  bus: EventBus;
  outbox: Outbox;
  topic: Topic;
  scheduler: Scheduler;
  schedules: Schedules;
  cameras: CameraService;
  backlog: Backlog;
  scratch(): Promise<Scratch>;
  /** How often work that lasts looks whether its clip is over; default: every second. */
  lookMs?: number;
  /** Only the two render stages have it. */
  media: MediaEngine;
  /** Only render-thumbnails has it, and only where EVIDENCE_KEY names a key. */
  signer?: Signer | undefined;
  /**
   * Names what makes clips: another name, other bytes. Only where a clip that was made before is copied (REUSE).
   * @returns undefined where it cannot be told.
   */
  engine?: (() => Promise<string | undefined>) | undefined;
  /** Only publish-clip has it, and only where links can be made that outlast its own rights. */
  link?: MakeLink | undefined;
  /** Percent of the render that is running, for whoever watches. */
  onProgress(clipId: string): OnProgress;
}
