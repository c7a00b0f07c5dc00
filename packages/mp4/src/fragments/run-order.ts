/** Samples of one track in one fragment. */
export interface Run {
  /** Decode time as the fragment says it, in 32 bits or more. */
  dts: number;
  isShort: boolean;
  duration: number;
  bytes: number;
}

const TURN = 2 ** 32;
/** Farther back in the file no fragment is repeated, or written late. */
const NEAR_RUNS = 64;

/**
 * Where a track's fragments lie in time, also where their writer went wrong: decode times of 32 bits begin again after 13 hours
 * (90,000 a second); recorders that restart, or never count, begin again at 0; others write a fragment twice, or late.
 */
export class RunOrder {
  /** The latest ones. */
  readonly #near: Run[] = [];
  #end = Number.NEGATIVE_INFINITY;
  #laterBy = 0;
  /** Some fragment stands behind one that follows it in time. */
  isMixed = false;

  /** @returns the decode time of its first sample; undefined for a fragment that was there already */
  place({ dts: said, isShort, duration, bytes }: Run): number | undefined {
    const last = this.#near.at(-1);
    let dts = said + this.#laterBy;
    if (last && isShort && last.dts - dts > TURN / 2) {
      this.#laterBy += TURN;
      dts += TURN;
    }
    if (last && dts <= last.dts && dts < last.dts + last.duration) {
      const over = this.#near.filter((run) => run.dts < dts + duration && dts < run.dts + run.duration);
      if (over.some((run) => run.dts === dts && run.duration === duration && run.bytes === bytes)) return undefined;
      const isLate = over.length === 0 && dts >= (this.#near[0]?.dts ?? dts);
      if (isLate) this.isMixed = true;
      else {
        this.#laterBy += this.#end - dts;
        dts = this.#end;
      }
    }
    this.#near.push({ dts, isShort, duration, bytes });
    if (this.#near.length > NEAR_RUNS) this.#near.shift();
    this.#end = Math.max(this.#end, dts + duration);
    return dts;
  }
}
