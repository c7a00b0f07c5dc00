/** Samples in a packet of AAC: the second one with spectral band replication, where times count the doubled rate. */
const AAC_SAMPLES = [1024, 2048];
/** The mean length of packets may be this much off, with clocks that drift and packets that are lost. */
const LIKE = 0.05;
/** Times come back to the steady clock within this. */
const AROUND_SECONDS = 1;
/** A smaller step back is rounding. */
const FALL_SECONDS = 0.0001;
/** More is not a clock that jitters. */
const MOST_SECONDS = 0.15;

/**
 * How far the times of AAC packets fall behind a steady clock and come back to it. Recorders that stamp packets when they
 * arrive write such times, although the audio goes on without a break. A lost packet moves what follows it for good, and
 * does not count.
 *
 * @param starts of the packets in their order, seconds
 * @returns seconds; 0 for steady times, and where the length of a packet is not known
 */
export function audioJitter(starts: readonly number[], sampleRate: number): number {
  const [first = 0] = starts;
  const mean = ((starts.at(-1) ?? 0) - first) / (starts.length - 1);
  const length = AAC_SAMPLES.map((samples) => samples / sampleRate).find(
    (seconds) => Math.abs(mean - seconds) < LIKE * seconds,
  );
  if (length === undefined) return 0;
  const ahead = starts.map((start, i) => start - first - i * length);
  const reach = Math.ceil(AROUND_SECONDS / length);
  let most = 0;
  for (const [i, value] of ahead.entries()) {
    if (value > (ahead[i - 1] ?? 0) - FALL_SECONDS) continue;
    const before = Math.max(...ahead.slice(Math.max(0, i - reach), i + 1));
    const after = Math.max(...ahead.slice(i, i + reach));
    most = Math.max(most, Math.min(before, after) - value);
  }
  return most > MOST_SECONDS ? 0 : most;
}

/** The part of a probe that tells it. */
export function withJitter(starts: readonly number[], sampleRate: number): { jitterSeconds?: number } {
  const jitterSeconds = audioJitter(starts, sampleRate);
  return jitterSeconds > 0 ? { jitterSeconds } : {};
}

/**
 * How far audio may be from where its times say before samples are left out or put in: less than one lost packet, and more
 * than jitter.
 */
export function compensationSeconds(jitterSeconds = 0): number {
  return Math.max(0.01, Math.ceil(1200 * jitterSeconds + 5) / 1000);
}
