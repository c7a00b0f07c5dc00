import type { ScheduledMessage, Scheduler, Schedules } from "@camclips/core";
import type { StateFile, Transaction } from "./sqlite/state-file.ts";

/** The clock is looked at this often, because it may jump: a machine that slept, a time that was set. */
const LONGEST_TIMER_MS = 30_000;

/** Pause after a message could not be handed to its queue. */
const FIRE_AGAIN_MS = 1000;

export interface TimersOptions {
  file: StateFile;
  now(): number;
  /** Sends a due message in the transaction that forgets its schedule. @returns what to call once that is committed. */
  fire(transaction: Transaction, message: ScheduledMessage): () => void;
}

/** One-shot schedules in the state file: they survive a restart, and those missed meanwhile fire at once. */
export class StoredTimers implements Scheduler, Schedules {
  readonly #options: TimersOptions;
  readonly #pending = new Map<string, { message: ScheduledMessage; timer?: NodeJS.Timeout }>();
  readonly #firing = new Set<Promise<void>>();
  #running = false;

  constructor(options: TimersOptions) {
    this.#options = options;
  }

  get pending(): ScheduledMessage[] {
    return [...this.#pending.values()].map(({ message }) => message);
  }

  /** Messages being handed to their queue right now. */
  get firing(): number {
    return this.#firing.size;
  }

  start(): void {
    this.#running = true;
    for (const { name, at_ms, queue, body } of this.#options.file.read.rows("SELECT * FROM schedules"))
      this.#arm({ name, atMs: at_ms, queue, body } as unknown as ScheduledMessage);
  }

  async stop(): Promise<void> {
    this.#running = false;
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    await Promise.all(this.#firing);
    this.#pending.clear();
  }

  async schedule(message: ScheduledMessage): Promise<"scheduled" | "already scheduled"> {
    const { name, atMs, queue, body } = message;
    const written = await this.#options.file.write((transaction) =>
      transaction.run(
        "INSERT INTO schedules (name, at_ms, queue, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ...[name, atMs, queue, body],
      ),
    );
    if (written === 0) return "already scheduled";
    this.#arm(message);
    return "scheduled";
  }

  async unschedule(name: string): Promise<void> {
    await this.#options.file.write((transaction) => forgetSchedule(transaction, name));
    clearTimeout(this.#pending.get(name)?.timer);
    this.#pending.delete(name);
  }

  /** Fires schedules before their time. */
  async fireEarly(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const armed = this.#pending.get(name);
      if (armed && this.#running) this.#fire(armed.message);
    }
    await Promise.all(this.#firing);
  }

  /** Fires everything that is due now, for clocks that do not run by themselves. */
  async fireDue(): Promise<void> {
    const due = this.pending.filter(({ atMs }) => atMs <= this.#options.now());
    for (const message of due) this.#fire(message);
    await Promise.all(this.#firing);
  }

  #arm(message: ScheduledMessage): void {
    if (!this.#running) return;
    const wait = Math.max(0, message.atMs - this.#options.now());
    const later = () => (message.atMs > this.#options.now() ? this.#arm(message) : this.#fire(message));
    const timer = setTimeout(later, Math.min(wait, LONGEST_TIMER_MS));
    clearTimeout(this.#pending.get(message.name)?.timer);
    // A schedule that lies ahead is no reason to keep the process alive.
    timer.unref();
    this.#pending.set(message.name, { message, timer });
  }

  #fire(message: ScheduledMessage): void {
    clearTimeout(this.#pending.get(message.name)?.timer);
    this.#pending.delete(message.name);
    const firing = this.#hand(message)
      .catch(() => this.#arm({ ...message, atMs: this.#options.now() + FIRE_AGAIN_MS }))
      .finally(() => this.#firing.delete(firing));
    this.#firing.add(firing);
  }

  async #hand(message: ScheduledMessage): Promise<void> {
    const sent = await this.#options.file.write((transaction) => {
      // Another process may have forgotten it.
      const isThere = forgetSchedule(transaction, message.name) > 0;
      return isThere ? this.#options.fire(transaction, message) : undefined;
    });
    sent?.();
  }
}

/** @returns how many there were of the name: 0 or 1. */
export function forgetSchedule(transaction: Transaction, name: string): number {
  return transaction.run("DELETE FROM schedules WHERE name = ?", name);
}
