/** Time that passes only when nothing is left to do at an instant: hours of a pipeline in seconds. */
export class Agenda {
  /** Milliseconds since the start. */
  now = 0;
  #count = 0;
  /** A binary heap: the soonest first, and what was asked for first of the same instant. */
  readonly #heap: { atMs: number; order: number; run: () => void }[] = [];

  at(atMs: number, run: () => void): void {
    const heap = this.#heap;
    heap.push({ atMs: Math.max(atMs, this.now), order: this.#count++, run });
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#isBefore(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.now + ms, resolve));
  }

  /** Until nothing is left to come. */
  async run(): Promise<void> {
    for (let next = this.#take(); next; next = this.#take()) {
      this.now = next.atMs;
      next.run();
      // Whatever follows from it without waiting is done before time goes on.
      await new Promise(setImmediate);
    }
  }

  #take() {
    const heap = this.#heap;
    if (heap.length > 1) this.#swap(0, heap.length - 1);
    const first = heap.pop();
    for (let parent = 0; ; ) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      const child = right < heap.length && this.#isBefore(right, left) ? right : left;
      if (child >= heap.length || !this.#isBefore(child, parent)) return first;
      this.#swap(child, parent);
      parent = child;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (!a || !b) return false;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a && b) [this.#heap[one], this.#heap[other]] = [b, a];
  }
}
