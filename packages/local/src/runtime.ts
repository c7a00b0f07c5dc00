import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  type CameraService,
  type ClipRecords,
  type Clock,
  createCameraService,
  type EventBus,
  type Notification,
  type ObjectReader,
  type ObjectStore,
  type ScheduledMessage,
} from "@camclips/core";
import {
  type AnyEvent,
  type CamclipsEvent,
  type PipelineStage,
  pipeline,
  type Settings,
  type StageName,
  toEnvelope,
} from "@camclips/events";
import {
  createOutbox,
  createScratch,
  type Deps,
  type Log,
  type Metrics,
  processMessage,
  type StageHandler,
  sweepScratch,
} from "@camclips/functions";
import type { MediaEngine, OnProgress } from "@camclips/media";
import { readIfThere, sweepUnfinished, writeWhole } from "./files.ts";
import { createFolderStore } from "./folder-store.ts";
import { lockState } from "./lock.ts";
import { FolderQueue, type QueuedMessage } from "./queue.ts";
import { createSqliteRecords, sweepRecords } from "./sqlite/clip-records.ts";
import { StateFile } from "./sqlite/state-file.ts";
import { loadStages } from "./stages.ts";
import { FolderTimers } from "./timers.ts";

export interface LocalRuntimeOptions {
  /** State folder: queues, schedules, dead letters, the work bucket. Another runtime on it goes on where this one ended. */
  root: string;
  settings: Settings;
  origin: ObjectReader;
  destination: ObjectStore;
  /** What callers are told as `bucket`. */
  destinationBucket: string;
  media: MediaEngine;
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
  /** Puts something between the stages and the world: fault injection. */
  decorate?(deps: Deps): Deps;
}

export interface IdleOptions {
  retries?: boolean;
  /** Schedules that are not waited for: a caller may not want to sit out a dependency's outage. */
  ignore?(message: ScheduledMessage): boolean;
  signal?: AbortSignal;
}

export interface DeadLetter {
  queue: string;
  body: string;
  error: string;
}

const silent: Log = { info() {}, warn() {}, error() {} };

/** Queries may read it beside a runtime that works. */
export const STATE_FILE = "state.sqlite";

/** Time a stage has on one message, as on Lambda. */
const signalFor = (row: PipelineStage): AbortSignal => AbortSignal.timeout(row.timeoutSeconds * 1000);

/** The pipeline in one process: the same stages and the same table as on AWS, with folders in place of the services. */
export class LocalRuntime {
  readonly #work: ObjectStore;
  readonly #options: LocalRuntimeOptions;
  readonly #clock: Clock;
  readonly #timers: FolderTimers;
  readonly #queues = new Map<StageName, FolderQueue>();
  #stages = new Map<StageName, StageHandler<Deps>>();
  #deps: Deps | undefined;
  #file: StateFile | undefined;
  #records: ClipRecords | undefined;
  #unlock: (() => void) | undefined;
  #started: Promise<void> | undefined;
  #stopping = false;

  constructor(options: LocalRuntimeOptions) {
    this.#options = options;
    this.#clock = options.clock ?? { now: Date.now };
    this.#work = createFolderStore(join(options.root, "work"));
    this.#timers = new FolderTimers({
      root: options.root,
      now: this.#clock.now,
      fire: (message) => this.#fire(message),
    });
    for (const row of pipeline) this.#queues.set(row.stage, this.#createQueue(row));
  }

  /** @throws StateInUseError when another process works in the state folder. */
  start(): Promise<void> {
    this.#stopping = false;
    this.#started = this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    this.#unlock = await lockState(this.#options.root);
    await sweepUnfinished(this.#options.root);
    const file = new StateFile(join(this.#options.root, STATE_FILE));
    this.#file = file;
    this.#records = createSqliteRecords(file, this.#clock);
    await sweepRecords(file, this.#clock);
    await sweepScratch(this.#scratchRoot);
    this.#stages = await loadStages();
    this.#deps = this.#connect();
    for (const part of [...this.#queues.values(), this.#timers]) if (!this.#stopping) await part.start();
  }

  /** Ends what is under way and leaves the rest for the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const parts = [this.#timers, ...this.#queues.values()];
    await Promise.all(parts.map((part) => part.stop()));
    // What was just starting would go on by itself, beside the next runtime on the same folder.
    await this.#started?.catch(() => {});
    await Promise.all(parts.map((part) => part.stop()));
    this.#file?.[Symbol.dispose]();
    this.#unlock?.();
  }

  /** Sends a caller's SQS message. `sentMs`: its SentTimestamp. */
  async request(body: string, sentMs = this.#clock.now()): Promise<void> {
    await this.#send("accept-request", body, sentMs);
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

  history(clipId: string): Promise<AnyEvent[]> {
    return this.records.history(clipId);
  }

  /** @throws Error before the start. */
  get records(): ClipRecords {
    if (!this.#records) throw new Error("the runtime was not started");
    return this.#records;
  }

  get schedules(): ScheduledMessage[] {
    return this.#timers.pending;
  }

  /** Fires the schedules that are due by a clock which does not run by itself. */
  fireDue(): Promise<void> {
    return this.#timers.fireDue();
  }

  async deadLetters(): Promise<DeadLetter[]> {
    const folder = join(this.#options.root, "dead-letters");
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const letters = entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => {
        const letter = JSON.parse((await readIfThere(join(parentPath, name)))?.toString("utf8") ?? "{}");
        return { queue: parentPath.slice(folder.length + 1), body: letter.body, error: letter.error };
      });
    return Promise.all(letters);
  }

  #createQueue(row: PipelineStage & { stage: StageName }): FolderQueue {
    return new FolderQueue({
      root: this.#options.root,
      name: row.stage,
      maxReceives: row.maxReceives,
      // ffmpeg uses every core by itself.
      concurrency: row.ffmpeg ? 1 : row.concurrency,
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
    const message = { messageId: id, body: parsedOrText(body), sentMs, receiveCount: receives };
    await processMessage(stage, message, this.#deps, signalFor(row));
  }

  async #publish(events: readonly CamclipsEvent[]): Promise<void> {
    for (const event of events) {
      const body = JSON.stringify(toEnvelope(event));
      for (const { stage, input } of pipeline) {
        const takes: readonly string[] = input.from === "bus" ? input.events : [];
        if (takes.includes(event.type)) await this.#send(stage, body);
      }
      this.#options.onEvent?.(event as AnyEvent);
    }
  }

  async #notify(notification: Notification): Promise<void> {
    const path = join(this.#options.root, "notifications", `${this.#clock.now()}-${randomUUID()}.json`);
    await writeWhole(this.#options.root, path, JSON.stringify(notification));
    this.#options.onNotification?.(notification);
  }

  #fire({ queue, body }: ScheduledMessage): Promise<void> {
    return this.#send(queue === "requests" ? "accept-request" : queue, body);
  }

  async #send(stage: StageName, body: string, sentMs = this.#clock.now()): Promise<void> {
    await this.#queues.get(stage)?.send(`${String(this.#clock.now()).padStart(15, "0")}-${randomUUID()}`, body, sentMs);
  }

  get #scratchRoot(): string {
    return join(this.#options.root, "scratch");
  }

  #connect(): Deps {
    const { settings, origin, destination, destinationBucket, media, decorate } = this.#options;
    const { records } = this;
    const bus: EventBus = { publish: (events) => this.#publish(events) };
    const deps: Deps = {
      settings,
      origin,
      destination,
      destinationBucket,
      media,
      clock: this.#clock,
      log: this.#options.log ?? silent,
      metrics: this.#options.metrics ?? { add() {} },
      work: this.#work,
      records,
      outbox: createOutbox({ records, bus }),
      bus,
      topic: { notify: (notification) => this.#notify(notification) },
      scheduler: this.#timers,
      cameras:
        this.#options.cameras ??
        createCameraService({ camerasUrl: settings.CAM_SERVICES_URL, recordingsUrl: settings.RECORDINGS_URL }),
      scratch: createScratch(this.#scratchRoot),
      onProgress:
        (clipId): OnProgress =>
        (percent) =>
          this.#options.onProgress?.(clipId, percent),
    };
    return decorate ? decorate(deps) : deps;
  }
}

/** SQS bodies are text; the normalizer opens them on Lambda, this does here. */
function parsedOrText(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
