/** Too early, and the first steps say little about the rest. */
const LEAST_MS = 2_000;
const LEAST_PERCENT = 3;

/** How much of a new estimate counts: the rest is what was told before, so that it does not jump. */
const WEIGHT = 0.2;

/** Guesses from percents when some work will be done. Between two of them it counts down. */
export class TimeLeft {
  #begun: { atMs: number; percent: number } | undefined;
  #latestPercent = 0;
  #doneAtMs: number | undefined;

  /** Work that starts over (another try) is guessed afresh. */
  update(percent: number, nowMs: number): void {
    if (percent < this.#latestPercent) this.#begun = this.#doneAtMs = undefined;
    this.#latestPercent = percent;
    this.#begun ??= { atMs: nowMs, percent };
    const elapsedMs = nowMs - this.#begun.atMs;
    const gained = percent - this.#begun.percent;
    if (elapsedMs < LEAST_MS || gained < LEAST_PERCENT) return;
    const estimateMs = nowMs + (elapsedMs / gained) * (100 - percent);
    this.#doneAtMs =
      this.#doneAtMs === undefined ? estimateMs : this.#doneAtMs + WEIGHT * (estimateMs - this.#doneAtMs);
  }

  /** `about 40 s left`; empty while nothing is known, and at the end. */
  text(nowMs: number): string {
    if (this.#doneAtMs === undefined || this.#latestPercent >= 100) return "";
    return `about ${rounded(Math.max(0, this.#doneAtMs - nowMs) / 1000)} left`;
  }
}

/** As coarse as a guess is. */
function rounded(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90) return `${Math.round(seconds / 5) * 5} s`;
  return `${Math.round(seconds / 60)} min`;
}
