import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { readIfThere, writeWhole } from "./files.ts";

const stored = z.object({
  body: z.string(),
  sentMs: z.number(),
  /** Deliveries so far. */
  receives: z.number(),
});

/** What is said of a message whose last delivery never came back. */
const KILLER = "the process ended during every delivery";

export interface QueuedMessage extends z.infer<typeof stored> {
  id: string;
}

export interface QueueOptions {
  /** State folder of the runtime. */
  root: string;
  name: string;
  maxReceives: number;
  concurrency: number;
  /** Pause before a failed message comes back, by how often it was received. */
  redeliverAfterMs(receives: number): number;
  /** Throws to have the message delivered again. */
  consume(message: QueuedMessage): Promise<void>;
}

/**
 * A queue in a folder, one file per message: delivers at least once, a bounded number of times, then moves the message to
 * the dead letters. A message that was being worked on when the process died is delivered again by the next one.
 */
export class FolderQueue {
  readonly #options: QueueOptions;
  readonly #folder: string;
  readonly #deadLetters: string;
  readonly #waiting: QueuedMessage[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Sent while `start` reads the folder: these are under way already. */
  #sentAtStart: Set<string> | undefined;
  #working = 0;
  #running = false;
  #idle = Promise.withResolvers<void>();

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#folder = join(options.root, "queues", options.name);
    this.#deadLetters = join(options.root, "dead-letters", options.name);
    this.#idle.resolve();
  }

  /** Messages that are waiting, worked on, or due for another delivery. */
  get size(): number {
    return this.#waiting.length + this.#working + this.#timers.size;
  }

  /** Takes up what an earlier process left, and starts consuming. */
  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const meanwhile = new Set<string>();
    this.#sentAtStart = meanwhile;
    this.#running = true;
    for (const name of (await readdir(this.#folder)).sort()) {
      const id = name.replace(/\.json$/, "");
      const body = meanwhile.has(id) ? undefined : await readIfThere(join(this.#folder, name));
      if (body) this.#enqueue({ id, ...stored.parse(JSON.parse(body.toString("utf8"))) });
    }
    this.#sentAtStart = undefined;
  }

  /** Stops taking messages; resolves when those under way have ended. What waits stays on disk. */
  async stop(): Promise<void> {
    this.#running = false;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#waiting.length = 0;
    await this.#idle.promise;
  }

  async send(id: string, body: string, sentMs: number): Promise<void> {
    const message = { id, body, sentMs, receives: 0 };
    this.#sentAtStart?.add(id);
    await this.#save(message);
    if (this.#running) this.#enqueue(message);
  }

  #enqueue(message: QueuedMessage): void {
    this.#waiting.push(message);
    this.#pump();
  }

  #pump(): void {
    while (this.#running && this.#working < this.#options.concurrency) {
      const message = this.#waiting.shift();
      if (!message) return;
      if (this.#working === 0) this.#idle = Promise.withResolvers();
      this.#working += 1;
      this.#deliver(message).finally(() => {
        this.#working -= 1;
        if (this.#working === 0) this.#idle.resolve();
        this.#pump();
      });
    }
  }

  /** Never throws: what cannot be written down is tried again, and does not count as a delivery. */
  async #deliver(message: QueuedMessage): Promise<void> {
    const received = { ...message, receives: message.receives + 1 };
    try {
      if (message.receives >= this.#options.maxReceives) return await this.#bury(message, KILLER);
      // Counted before the work, so that a message that kills the process is not delivered for ever.
      await this.#save(received);
    } catch {
      return this.#redeliver(message);
    }
    try {
      await this.#options.consume(received);
      await rm(this.#path(message.id), { force: true });
    } catch (error) {
      await this.#again(received, error);
    }
  }

  async #again(message: QueuedMessage, error: unknown): Promise<void> {
    if (message.receives < this.#options.maxReceives) return this.#redeliver(message);
    await this.#bury(message, String(error)).catch(() => this.#redeliver(message));
  }

  async #bury({ id, ...message }: QueuedMessage, error: string): Promise<void> {
    await mkdir(this.#deadLetters, { recursive: true });
    const path = join(this.#deadLetters, `${id}.json`);
    await writeWhole(this.#options.root, path, JSON.stringify({ ...message, error }));
    await rm(this.#path(id), { force: true });
  }

  #redeliver(message: QueuedMessage): void {
    if (!this.#running) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enqueue(message);
    }, this.#options.redeliverAfterMs(message.receives));
    this.#timers.add(timer);
  }

  #save({ id, ...message }: QueuedMessage): Promise<boolean> {
    return writeWhole(this.#options.root, this.#path(id), JSON.stringify(message));
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}
