import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type {
  CameraService,
  ClipRecords,
  Clock,
  DeadLetter,
  MakeLink,
  Notification,
  ObjectReader,
  ObjectStore,
  ScheduledMessage,
  Signer,
} from "@camclips/core";
import { queuesAhead } from "@camclips/core/admission";
import { createCameraService } from "@camclips/core/camera-service";
import {
  type AnyEvent,
  type Lane,
  lane,
  lanesOf,
  type PipelineStage,
  pipeline,
  type Settings,
  type StageName,
} from "@camclips/events";
import {
  createScratch,
  type Deps,
  type Desk,
  type Log,
  type Metrics,
  processMessage,
  type StageHandler,
  sweepScratch,
} from "@camclips/functions";
import type { MediaEngine, OnProgress } from "@camclips/media";
import { type BusOptions, createStoredBus } from "./bus.ts";
import { createLocalDesk } from "./desk.ts";
import { createFolderStore } from "./folder-store.ts";
import { deadLettersIn, type OperatorPorts, operatorPorts } from "./operator-ports.ts";
import { giveStateBack, takeState } from "./owner.ts";
import { type QueuedMessage, StoredQueue } from "./queue.ts";
import { createSqliteRecords, sweepRecords } from "./sqlite/clip-records.ts";
import { StateFile, type Transaction } from "./sqlite/state-file.ts";
import { loadStages } from "./stages.ts";
import { StoredTimers } from "./timers.ts";

export interface LocalRuntimeOptions {
  /** State folder: the state file and the work bucket. Another runtime on it goes on where this one ended. */
  root: string;
  settings: Settings;
  origin: ObjectReader;
  destination: ObjectStore;
  /** What callers are told as `bucket`. */
  destinationBucket: string;
  media: MediaEngine;
  /** Makes the links that come with clips. */
  link?: MakeLink | undefined;
  /** Signs a manifest of every clip, where the settings name its key. */
  signer?: Signer | undefined;
  /** Names what makes clips, so that the same cut is made once, unless the settings say otherwise. */
  engine?: Deps["engine"] | undefined;
  /** Default: over HTTP, as the settings say. */
  cameras?: CameraService;
  clock?: Clock;
  log?: Log;
  metrics?: Metrics;
  /** Every published event; one that is published again comes again, with the same id. */
  onEvent?(event: AnyEvent): void;
  onProgress?(clipId: string, percent: number): void;
  onNotification?(notification: Notification): void;
  /** Pause before a failed message is delivered again. */
  redeliverAfterMs?(receives: number): number;
  /**
   * Refuses requests that would wait for too long, as a service for many callers should; without it everything that was asked
   * for is worked off.
   */
  refusesOverload?: boolean;
  /** Puts something between the stages and the world: fault injection. */
  decorate?(deps: Deps): Deps;
}

export interface IdleOptions {
  retries?: boolean;
  /** Schedules that are not waited for: a caller may not want to sit out a dependency's outage. */
  ignore?(message: ScheduledMessage): boolean;
  signal?: AbortSignal;
}

const silent: Log = { info() {}, warn() {}, error() {} };

/** In the state folder. It may be read beside a runtime that works. */
export const STATE_FILE = "state.sqlite";

/** How often the runtime looks for what another process has sent. */
const LOOK_MS = 1000;

/** Lambda ends a function after 15 minutes; a machine of one's own may take its time over a clip of an hour. */
const RENDER_SECONDS = 1800;

/** Time a stage has on one message: as on Lambda, except for the work of ffmpeg. */
export function stageSeconds({ ffmpeg, timeoutSeconds }: Pick<PipelineStage, "ffmpeg" | "timeoutSeconds">): number {
  return ffmpeg ? RENDER_SECONDS : timeoutSeconds;
}

/** The pipeline in one process: the same stages and the same table as on AWS, with one SQLite file in place of the services. */
export class LocalRuntime {
  readonly #options: LocalRuntimeOptions;
  readonly #clock: Clock;
  readonly #file: StateFile;
  readonly #timers: StoredTimers;
  readonly #queues = new Map<StageName, StoredQueue>();
  readonly records: ClipRecords;
  /** What lives beside the runtime in the same file: requests' keys, the index of recordings. */
  readonly state: StateFile;
  #stages = new Map<StageName, StageHandler<Deps>>();
  #deps: Deps | undefined;
  #started: Promise<void> | undefined;
  #stopping = false;
  #lookout: NodeJS.Timeout | undefined;
  #othersWrote = 0;

  constructor(options: LocalRuntimeOptions) {
    this.#options = options;
    this.#clock = options.clock ?? { now: Date.now };
    this.#file = new StateFile(join(options.root, STATE_FILE));
    this.state = this.#file;
    this.records = createSqliteRecords(this.#file, this.#clock);
    this.#timers = new StoredTimers({
      file: this.#file,
      now: this.#clock.now,
      fire: (transaction, { queue, body }) =>
        this.#queue(queue === "requests" ? "accept-request" : queue).add(transaction, body, this.#clock.now()),
    });
    for (const row of pipeline) this.#queues.set(row.stage, this.#createQueue(row));
  }

  /** Once. @throws StateInUseError when another process works in the state folder. */
  start(): Promise<void> {
    this.#started = this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    await takeState(this.#file, this.#options.root);
    await sweepRecords(this.#file, this.#clock);
    await sweepScratch(this.#scratchRoot);
    this.#stages = await loadStages();
    this.#deps = this.#connect();
    for (const part of [...this.#queues.values(), this.#timers]) if (!this.#stopping) part.start();
    if (!this.#stopping) this.#lookout = setInterval(() => this.#takeUp(), LOOK_MS).unref();
  }

  #takeUp(): void {
    const wrote = this.#file.othersWrote;
    if (wrote === this.#othersWrote) return;
    this.#othersWrote = wrote;
    for (const queue of this.#queues.values()) queue.takeUp();
  }

  /** Ends what is under way and leaves the rest for the next runtime on the same folder. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#lookout);
    const parts = [this.#timers, ...this.#queues.values()];
    await Promise.all(parts.map((part) => part.stop()));
    // What was just starting would go on by itself, beside the next runtime on the same folder.
    const isOwner = await this.#started?.then(
      () => true,
      () => false,
    );
    await Promise.all(parts.map((part) => part.stop()));
    clearInterval(this.#lookout);
    if (isOwner) await giveStateBack(this.#file);
    this.#file[Symbol.dispose]();
  }

  /**
   * Sends a caller's SQS message. `sentMs`: its SentTimestamp.
   * @param also is written together with it, or not at all when it throws.
   */
  request(body: string, sentMs = this.#clock.now(), also?: (transaction: Transaction) => void): Promise<void> {
    return this.#send("accept-request", body, sentMs, also);
  }

  /** Tells a stage what neither bus nor schedule does: that there is a new object. */
  send(stage: StageName, body: string): Promise<void> {
    return this.#send(stage, body, this.#clock.now());
  }

  async #send(
    stage: StageName,
    body: string,
    sentMs: number,
    also?: (transaction: Transaction) => void,
  ): Promise<void> {
    const sent = await this.#file.write((transaction) => {
      also?.(transaction);
      return this.#queue(stage).add(transaction, body, sentMs);
    });
    sent();
  }

  /** Fires schedules before their time: what they wait for has come. */
  fireEarly(names: readonly string[]): Promise<void> {
    return this.#timers.fireEarly(names);
  }

  /** Messages that wait in each stage's queue, or are worked on. */
  queued(): { stage: StageName; messages: number }[] {
    return [...this.#queues].map(([stage, queue]) => ({ stage, messages: queue.size }));
  }

  /**
   * Resolves when nothing is left to do now. Attempts that are scheduled for later count only with `retries`; deadline
   * checks never do, nor what `ignore` leaves out.
   */
  async idle({ retries = false, ignore = () => false, signal }: IdleOptions = {}): Promise<void> {
    const ignored = new Set<ScheduledMessage["queue"]>(retries ? ["check-deadline"] : ["check-deadline", "requests"]);
    const awaited = (message: ScheduledMessage) => !ignored.has(message.queue) && !ignore(message);
    for (;;) {
      const busy = [...this.#queues.values()].some((queue) => queue.size > 0) || this.#timers.firing > 0;
      if (!busy && !this.#timers.pending.some(awaited)) return;
      await setTimeout(10, undefined, { signal });
    }
  }

  /** How long a request that is sent now waits for its turns in a lane, by how long the work took lately. */
  waitSeconds(lane?: Lane): number {
    return queuesAhead.reduce((sum, { stage }) => sum + this.#queue(stage).waitSeconds(lane), 0);
  }

  history(clipId: string): Promise<AnyEvent[]> {
    return this.records.history(clipId);
  }

  get schedules(): ScheduledMessage[] {
    return this.#timers.pending;
  }

  /** Fires the schedules that are due by a clock which does not run by itself. */
  fireDue(): Promise<void> {
    return this.#timers.fireDue();
  }

  deadLetters(): Required<DeadLetter>[] {
    return deadLettersIn(this.#file);
  }

  /** For people on call, in this process. */
  get operator(): OperatorPorts {
    const { bus } = createStoredBus(this.#busOptions);
    return { ...operatorPorts(this.#file, this.#clock), bus, schedules: this.#timers };
  }

  /** As people ask and act here, in this process. */
  get desk(): Desk {
    return createLocalDesk({
      name: this.#options.root,
      folder: this.#options.root,
      file: this.#file,
      clock: this.#clock,
      ports: this.operator,
      enqueue: (transaction, stage, body, sentMs) => this.#queue(stage as StageName).add(transaction, body, sentMs),
    });
  }

  #createQueue(row: PipelineStage & { stage: StageName }): StoredQueue {
    return new StoredQueue({
      file: this.#file,
      name: row.stage,
      maxReceives: row.maxReceives,
      // ffmpeg uses every core by itself.
      concurrency: row.ffmpeg ? 1 : row.concurrency,
      laneOf: lanesOf(row).length > 0 ? laneOfBody : undefined,
      redeliverAfterMs: this.#options.redeliverAfterMs ?? ((receives) => 250 * 2 ** (receives - 1)),
      consume: (message) => this.#consume(row, message),
    });
  }

  async #consume(
    row: PipelineStage & { stage: StageName },
    { id, body, sentMs, receives }: QueuedMessage,
  ): Promise<void> {
    const stage = this.#stages.get(row.stage);
    if (!stage || !this.#deps) throw new Error("the runtime was not started");
    const message = { messageId: String(id), body: parsedOrText(body), sentMs, receiveCount: receives };
    // AbortSignal.timeout would keep its timer for half an hour after the work.
    const time = new AbortController();
    const end = () => time.abort(new DOMException("the stage's time is up", "TimeoutError"));
    const timer = globalThis.setTimeout(end, stageSeconds(row) * 1000).unref();
    try {
      await processMessage(stage, message, this.#deps, time.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #notify(notification: Notification): Promise<void> {
    const { message, attributes } = notification;
    await this.#file.write((transaction) =>
      transaction.run(
        "INSERT INTO notifications (sent_ms, message, attributes) VALUES (?, ?, ?)",
        ...[this.#clock.now(), message, JSON.stringify(attributes)],
      ),
    );
    this.#options.onNotification?.(notification);
  }

  #queue(stage: StageName): StoredQueue {
    const queue = this.#queues.get(stage);
    if (!queue) throw new Error(`no queue of ${stage}`);
    return queue;
  }

  get #busOptions(): BusOptions {
    return {
      file: this.#file,
      clock: this.#clock,
      queueOf: (stage) => this.#queue(stage),
      onEvent: this.#options.onEvent,
    };
  }

  get #scratchRoot(): string {
    return join(this.#options.root, "scratch");
  }

  #connect(): Deps {
    const { settings, origin, destination, destinationBucket, media, signer, link, engine, decorate } = this.#options;
    const deps: Deps = {
      settings,
      origin,
      destination,
      destinationBucket,
      media,
      signer,
      link,
      clock: this.#clock,
      log: this.#options.log ?? silent,
      metrics: this.#options.metrics ?? { add() {} },
      work: createFolderStore(join(this.#options.root, "work")),
      records: this.records,
      ...createStoredBus(this.#busOptions),
      topic: { notify: (notification) => this.#notify(notification) },
      scheduler: this.#timers,
      schedules: this.#timers,
      engine: settings.REUSE === "off" ? undefined : engine,
      cameras:
        this.#options.cameras ??
        createCameraService({ camerasUrl: settings.CAM_SERVICES_URL, recordingsUrl: settings.RECORDINGS_URL }),
      backlog: { waitSeconds: async (lane) => (this.#options.refusesOverload ? this.waitSeconds(lane) : 0) },
      scratch: createScratch(this.#scratchRoot),
      onProgress:
        (clipId): OnProgress =>
        (percent) =>
          this.#options.onProgress?.(clipId, percent),
    };
    return decorate ? decorate(deps) : deps;
  }
}

/** The lane of an event that waits for a stage. */
function laneOfBody(body: string): Lane | undefined {
  const event = parsedOrText(body) as { detail?: { metadata?: { lane?: unknown } } } | null;
  return lane.safeParse(event?.detail?.metadata?.lane).data;
}

/** SQS bodies are text; the normalizer opens them on Lambda, this does here. */
function parsedOrText(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
