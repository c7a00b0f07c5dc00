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
    this.#running = true;
    await mkdir(this.#folder, { recursive: true });
    const names = (await readdir(this.#folder)).sort();
    for (const name of names) {
      const body = await readIfThere(join(this.#folder, name));
      if (body) this.#enqueue({ id: name.replace(/\.json$/, ""), ...stored.parse(JSON.parse(body.toString("utf8"))) });
    }
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

  async #deliver(message: QueuedMessage): Promise<void> {
    const received = { ...message, receives: message.receives + 1 };
    try {
      // Counted before the work, so that a message that kills the process is not delivered for ever.
      await this.#save(received);
      await this.#options.consume(received);
      await rm(this.#path(message.id), { force: true });
    } catch (error) {
      await this.#again(received, error);
    }
  }

  async #again(message: QueuedMessage, error: unknown): Promise<void> {
    if (message.receives >= this.#options.maxReceives) {
      await mkdir(this.#deadLetters, { recursive: true });
      const { id, ...kept } = message;
      await writeWhole(
        this.#options.root,
        join(this.#deadLetters, `${id}.json`),
        JSON.stringify({ ...kept, error: String(error) }),
      );
      await rm(this.#path(id), { force: true });
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enqueue(message);
    }, this.#options.redeliverAfterMs(message.receives));
    if (this.#running) this.#timers.add(timer);
    else clearTimeout(timer);
  }

  #save({ id, ...message }: QueuedMessage): Promise<boolean> {
    return writeWhole(this.#options.root, this.#path(id), JSON.stringify(message));
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}
