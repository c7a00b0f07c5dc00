import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ScheduledMessage, Scheduler } from "@camclips/core";
import * as z from "zod";
import { readIfThere, writeWhole } from "./files.ts";

const stored = z.object({ name: z.string(), atMs: z.number(), queue: z.string(), body: z.string() });

/** The clock is looked at this often, because it may jump: a machine that slept, a time that was set. */
const LONGEST_TIMER_MS = 30_000;

/** Pause after a message could not be handed to its queue. */
const FIRE_AGAIN_MS = 1000;

export interface TimersOptions {
  root: string;
  now(): number;
  /** Delivers a due message; it is forgotten once this resolves. */
  fire(message: ScheduledMessage): Promise<void>;
}

/** One-shot schedules in a folder, one file each: they survive a restart, and those missed meanwhile fire at once. */
export class FolderTimers implements Scheduler {
  readonly #options: TimersOptions;
  readonly #folder: string;
  readonly #pending = new Map<string, { message: ScheduledMessage; timer?: NodeJS.Timeout }>();
  readonly #firing = new Set<Promise<void>>();
  #running = false;

  constructor(options: TimersOptions) {
    this.#options = options;
    this.#folder = join(options.root, "schedules");
  }

  get pending(): ScheduledMessage[] {
    return [...this.#pending.values()].map(({ message }) => message);
  }

  /** Messages being handed to their queue right now. */
  get firing(): number {
    return this.#firing.size;
  }

  async start(): Promise<void> {
    this.#running = true;
    await mkdir(this.#folder, { recursive: true });
    for (const name of await readdir(this.#folder)) {
      const body = await readIfThere(join(this.#folder, name));
      if (body) this.#arm(stored.parse(JSON.parse(body.toString("utf8"))) as ScheduledMessage);
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    await Promise.all(this.#firing);
    this.#pending.clear();
  }

  async schedule(message: ScheduledMessage): Promise<"scheduled" | "already scheduled"> {
    const written = await writeWhole(this.#options.root, this.#path(message.name), JSON.stringify(message), true);
    if (!written) return "already scheduled";
    this.#arm(message);
    return "scheduled";
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
    const firing = this.#options
      .fire(message)
      .then(() => rm(this.#path(message.name), { force: true }))
      .catch(() => this.#arm({ ...message, atMs: this.#options.now() + FIRE_AGAIN_MS }))
      .finally(() => this.#firing.delete(firing));
    this.#firing.add(firing);
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`);
  }
}
