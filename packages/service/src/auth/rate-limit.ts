/** Calls that may come at once, and a second after that: a timeline asks for many pictures while it is dragged. */
const BURST = 400;
const PER_SECOND = 100;

/** One bucket of calls for everybody who calls. */
export class RateLimit {
  readonly #now: () => number;
  readonly #buckets = new Map<string, { calls: number; atMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns seconds to wait; 0 when the call may go on. */
  take(identity: string): number {
    const atMs = this.#now();
    const { calls, atMs: before } = this.#buckets.get(identity) ?? { calls: BURST, atMs };
    const left = Math.min(BURST, calls + (Math.max(0, atMs - before) / 1000) * PER_SECOND);
    this.#buckets.set(identity, { calls: Math.max(0, left - 1), atMs });
    if (this.#buckets.size > 10_000) this.#forget(atMs);
    return left >= 1 ? 0 : (1 - left) / PER_SECOND;
  }

  #forget(nowMs: number): void {
    for (const [identity, { atMs }] of this.#buckets)
      if (nowMs - atMs > (BURST / PER_SECOND) * 1000) this.#buckets.delete(identity);
  }
}
