/** Between two packets of audio: less is rounding, or nothing that is heard. */
const JOIN_SECONDS = 0.02;
/** A packet that lasts so much longer than the usual one is the last before a hole: indexes have no other way to say it. */
const HOLE_SECONDS = 0.1;

/** Where so few packets do not tell how long they usually last, none of encoded audio is taken to last longer: 0.12 s at most in usual formats. */
const FEW_PACKETS = 2;
const LONGEST_SECONDS = 0.5;

/** Packets of audio in their order, in units of a time scale. */
export interface Packets {
  starts: ArrayLike<number>;
  durations: ArrayLike<number>;
  /** Of PCM, packets are as long as whoever wrote them liked. */
  isPcm: boolean;
}

/** The stretches in which packets follow each other, as far as they lie between two instants; seconds. */
export function spansOf(
  { starts, durations, isPcm }: Packets,
  timescale: number,
  { from, to }: { from: number; to: number },
): [fromSeconds: number, toSeconds: number][] {
  const spans: [number, number][] = [];
  const most = usualDuration(durations);
  const isOdd = !isPcm && starts.length <= FEW_PACKETS && most > LONGEST_SECONDS * timescale;
  const usual = isOdd ? HOLE_SECONDS * timescale : most;
  for (let i = 0; i < starts.length; i++) {
    const at = starts[i] ?? 0;
    const duration = durations[i] ?? 0;
    const heard = isBeforeHole(duration, usual, timescale) ? usual : duration;
    const start = Math.max(at, from);
    const end = Math.min(at + heard, to);
    if (end <= start) continue;
    const last = spans.at(-1);
    if (last && start >= last[0] && start - last[1] <= JOIN_SECONDS * timescale) last[1] = Math.max(last[1], end);
    else spans.push([start, end]);
  }
  return spans.map(([start, end]) => [start / timescale, end / timescale]);
}

/** The most usual one of durations. */
export function usualDuration(durations: ArrayLike<number>): number {
  // Nearly all indexes have one duration for all.
  let same = 0;
  while (same < durations.length && durations[same] === durations[0]) same++;
  if (same > durations.length >> 1) return durations[0] ?? 0;
  return Float64Array.from(durations).sort()[durations.length >> 1] ?? 0;
}

/** Whether a packet lasts much longer than the usual one. */
export function isBeforeHole(duration: number, usual: number, timescale: number): boolean {
  return duration - usual > HOLE_SECONDS * timescale;
}
