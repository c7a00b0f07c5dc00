import type { Agenda } from "./agenda.ts";

export interface QueuedBody {
  messageId: string;
  body: string;
  sentMs: number;
}

/** A queue in front of a bounded number of functions: first come, first served. */
export class Station {
  readonly #agenda: Agenda;
  readonly #limit: number;
  readonly #work: (message: QueuedBody) => Promise<void>;
  readonly #waiting: QueuedBody[] = [];
  #head = 0;
  #busy = 0;
  #count = 0;
  busyMs = 0;
  longestQueue = 0;

  constructor(agenda: Agenda, limit: number, work: (message: QueuedBody) => Promise<void>) {
    this.#agenda = agenda;
    this.#limit = limit;
    this.#work = work;
  }

  get waiting(): number {
    return this.#waiting.length - this.#head;
  }

  send(body: string, sentMs: number): void {
    this.#waiting.push({ messageId: String(this.#count++), body, sentMs });
    this.#pump();
    this.longestQueue = Math.max(this.longestQueue, this.waiting);
  }

  #pump(): void {
    while (this.#busy < this.#limit && this.waiting > 0) {
      const message = this.#waiting[this.#head++] as QueuedBody;
      // What was served need not be kept.
      if (this.#head > 10_000) {
        this.#waiting.splice(0, this.#head);
        this.#head = 0;
      }
      this.#busy += 1;
      const beganMs = this.#agenda.now;
      void this.#work(message).then(() => {
        this.#busy -= 1;
        this.busyMs += this.#agenda.now - beganMs;
        this.#pump();
      });
    }
  }
}
