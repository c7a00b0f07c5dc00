import type { ByteSource } from "../io/byte-source.ts";
import { endOf, FRAME_TOLERANCE_SECONDS, presentationTicks, presentedRange, type Track } from "../read/movie.ts";
import { isBeforeHole, usualDuration } from "../read/spans.ts";

/** Recorders that cut a stream into files cut its audio by so much before or behind the pictures at most. */
const HEARD_BESIDE_SECONDS = 0.5;
/** What encoders of AAC lead in with, at most: it is hidden because it is no sound. */
const LEAD_IN_SAMPLES = 2112;

/**
 * A recording's audio with what its edit list hides before the start: in a stream that was cut into files, the end of what the file
 * before holds (`ffmpeg -f segment -reset_timestamps 1` with B-frames).
 */
export function withHiddenAudio(audio: Track): Track {
  const first = presentationTicks(audio, 0);
  const { sampleRate } = audio.descriptions[0]?.audio ?? {};
  const leadIn = ((LEAD_IN_SAMPLES + 1) * audio.timescale) / (sampleRate || audio.timescale);
  if (!(audio.edit.from - first > leadIn)) return audio;
  const from = Math.max(first, audio.edit.from - HEARD_BESIDE_SECONDS * audio.timescale);
  return { ...audio, edit: { ...audio.edit, from } };
}

/**
 * How long before a recording's first frame its audio begins, units of the pictures; whole ones, so that their times stay exact.
 * @param firstTicks presentation time of the first frame
 */
export function ticksHeardBefore(audio: Track, firstTicks: number, timescale: number): number {
  const heard = presentedRange(audio);
  if (!heard) return 0;
  const before = Math.min(firstTicks / timescale - heard.startSeconds, HEARD_BESIDE_SECONDS);
  return before > FRAME_TOLERANCE_SECONDS ? Math.ceil(before * timescale) : 0;
}

/**
 * Packets that are heard between two instants, and the one before, which decoders need to warm up. At the recording's ends more is
 * taken along for joins, hidden ones too. What lies behind the file's end is left out: audio may end before the video.
 */
export function selectAudio(
  audio: Track,
  source: ByteSource,
  {
    fromSeconds,
    toSeconds,
    isFirst,
    isLast,
  }: { fromSeconds: number; toSeconds: number; isFirst: boolean; isLast: boolean },
): { first: number; last: number } | undefined {
  const beside = HEARD_BESIDE_SECONDS * audio.timescale;
  const from = Math.max(fromSeconds * audio.timescale, audio.edit.from) - (isFirst ? beside : 0);
  const to = Math.min(toSeconds * audio.timescale + (isLast ? beside : 0), audio.edit.to);
  let [first, last] = [0, -1];
  for (let i = 0; i < audio.samples.count; i++) {
    const ticks = presentationTicks(audio, i);
    if (ticks <= from) first = i;
    if (ticks < to) last = i;
  }
  first = Math.max(0, first - 1);
  // A packet before a hole is not heard where the selection starts, and decoders would leave out all that it seems to last.
  const usual = usualDuration(audio.samples.duration);
  const isLead = (i: number) => presentationTicks(audio, i) < from;
  for (let i = first; i < last && isLead(i); i++)
    if (isBeforeHole(audio.samples.duration[i] ?? 0, usual, audio.timescale)) first = i + 1;
  for (let i = first; i <= last; i++) if (endOf(audio, i) > source.size) last = i - 1;
  const heard = last >= first && presentationTicks(audio, last) + (audio.samples.duration[last] ?? 0) > from;
  return heard ? { first, last } : undefined;
}
