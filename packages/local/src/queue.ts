import type { Lane } from "@camclips/events";
import type { StateFile, Transaction } from "./sqlite/state-file.ts";
import { WaitingLine } from "./waiting-line.ts";

/** What is said of a message whose last delivery never came back. */
const KILLER = "the process ended during every delivery";

export interface QueuedMessage {
  id: number;
  body: string;
  sentMs: number;
  /** Deliveries so far. */
  receives: number;
}

export interface QueueOptions {
  file: StateFile;
  name: string;
  maxReceives: number;
  concurrency: number;
  /** Messages of lanes pass others, or let them pass; absent: first come, first served. */
  laneOf?: ((body: string) => Lane | undefined) | undefined;
  /** Pause before a failed message comes back, by how often it was received. */
  redeliverAfterMs(receives: number): number;
  /** Throws to have the message delivered again. May delete it itself, together with what it writes. */
  consume(message: QueuedMessage): Promise<void>;
}

/**
 * A queue in the state file: delivers at least once, a bounded number of times, then moves the message to the dead letters.
 * A message that was being worked on when the process died is delivered again by the next one.
 */
export class StoredQueue {
  readonly #options: QueueOptions;
  /** Those that this process delivers: waiting, worked on, or due for another delivery. */
  readonly #known = new Set<number>();
  readonly #waiting: WaitingLine<QueuedMessage>;
  readonly #timers = new Set<NodeJS.Timeout>();
  #working = 0;
  /** Of the latest deliveries. */
  #usualMs = 0;
  #running = false;
  #idle = Promise.withResolvers<void>();

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#waiting = new WaitingLine(({ body }) => options.laneOf?.(body));
    this.#idle.resolve();
  }

  /** Messages that are waiting, worked on, or due for another delivery. */
  get size(): number {
    return this.#known.size;
  }

  /** How long a message that is sent into a lane now waits for its turn, by how long those before took. */
  waitSeconds(lane: Lane | undefined): number {
    return (this.#waiting.ahead(lane) * this.#usualMs) / this.#options.concurrency / 1000;
  }

  /** Takes up what an earlier process left, and starts consuming. */
  start(): void {
    this.#running = true;
    this.takeUp();
  }

  /** Finds what another process has sent meanwhile: a command for operators, beside the runtime. */
  takeUp(): void {
    const { file, name } = this.#options;
    for (const row of file.read.rows("SELECT * FROM messages WHERE queue = ? ORDER BY id", name))
      this.#enqueue({
        id: Number(row.id),
        body: String(row.body),
        sentMs: Number(row.sent_ms),
        receives: Number(row.receives),
      });
  }

  /** Stops taking messages; resolves when those under way have ended. What waits stays in the file. */
  async stop(): Promise<void> {
    this.#running = false;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#waiting.clear();
    await this.#idle.promise;
    this.#known.clear();
  }

  async send(body: string, sentMs: number): Promise<void> {
    const sent = await this.#options.file.write((transaction) => this.add(transaction, body, sentMs));
    sent();
  }

  /** Sends as a part of a transaction. @returns what to call once that is committed. */
  add(transaction: Transaction, body: string, sentMs: number): () => void {
    const id = addMessage(transaction, this.#options.name, body, sentMs);
    return () => this.#enqueue({ id, body, sentMs, receives: 0 });
  }

  #enqueue(message: QueuedMessage): void {
    // A message that is sent while the queue starts may be found in the file as well.
    if (!this.#running || this.#known.has(message.id)) return;
    this.#known.add(message.id);
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
    const { file, maxReceives, consume } = this.#options;
    const received = { ...message, receives: message.receives + 1 };
    try {
      if (message.receives >= maxReceives) return await this.#bury(message, KILLER);
      // Counted before the work, so that a message that kills the process is not delivered for ever.
      await file.write(
        (transaction) =>
          transaction.run("UPDATE messages SET receives = ? WHERE id = ?", received.receives, message.id),
        { durable: false },
      );
    } catch {
      return this.#redeliver(message);
    }
    const startedMs = performance.now();
    try {
      await consume(received);
      const tookMs = performance.now() - startedMs;
      this.#usualMs = this.#usualMs === 0 ? tookMs : this.#usualMs * 0.9 + tookMs * 0.1;
      // Most stages delete it together with what they write.
      if (file.read.row("SELECT 1 FROM messages WHERE id = ?", message.id))
        await file.write((transaction) => deleteMessage(transaction, message.id));
      this.#known.delete(message.id);
    } catch (error) {
      await this.#again(received, error);
    }
  }

  async #again(message: QueuedMessage, error: unknown): Promise<void> {
    if (message.receives < this.#options.maxReceives) return this.#redeliver(message);
    await this.#bury(message, String(error)).catch(() => this.#redeliver(message));
  }

  async #bury({ id, body, sentMs, receives }: QueuedMessage, error: string): Promise<void> {
    const { file, name } = this.#options;
    await file.write((transaction) => {
      transaction.run(
        "INSERT INTO dead_letters (queue, body, sent_ms, receives, error) VALUES (?, ?, ?, ?, ?)",
        ...[name, body, sentMs, receives, error],
      );
      deleteMessage(transaction, id);
    });
    this.#known.delete(id);
  }

  #redeliver(message: QueuedMessage): void {
    if (!this.#running) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#waiting.push(message);
      this.#pump();
    }, this.#options.redeliverAfterMs(message.receives));
    this.#timers.add(timer);
  }
}

/** @returns its id. */
export function addMessage(transaction: Transaction, queue: string, body: string, sentMs: number): number {
  const row = transaction.row(
    "INSERT INTO messages (queue, body, sent_ms) VALUES (?, ?, ?) RETURNING id",
    ...[queue, body, sentMs],
  );
  return Number(row?.id);
}

export function deleteMessage(transaction: Transaction, id: number): void {
  transaction.run("DELETE FROM messages WHERE id = ?", id);
}
