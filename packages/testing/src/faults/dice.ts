import { createHash } from "node:crypto";

/**
 * Chance that depends on the seed and on what it is about, not on the order of the calls: stages run side by side, and
 * the same seed must bring the same faults again.
 */
export class Dice {
  readonly #seed: number;
  readonly #times = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Numbers in [0, 1) for the next time that `about` happens. */
  roll(about: string): { time: number; numbers: [number, number, number] } {
    const time = (this.#times.get(about) ?? 0) + 1;
    this.#times.set(about, time);
    const hash = createHash("sha256").update(`${this.#seed} ${about} ${time}`).digest();
    const at = (offset: number) => hash.readUInt32BE(offset) / 2 ** 32;
    return { time, numbers: [at(0), at(4), at(8)] };
  }
}

export function pick<T>(items: readonly [T, ...T[]], number: number): T {
  return items[Math.floor(number * items.length)] ?? items[0];
}
