import { OutsideMediaError } from "../errors.ts";
import type { FragmentEntry } from "../fragments/fragment-index.ts";
import type { FragmentedRecording, FragmentReader, Loaded, Media } from "../fragments/fragment-reader.ts";
import {
  FRAME_TOLERANCE_SECONDS,
  firstTrack,
  isPresented,
  type Movie,
  presentationTicks,
  randomAccessPointFor,
  type Track,
} from "../read/movie.ts";
import { withRealKeyframes } from "./find-keyframes.ts";
import { fragmentTimeline } from "./read-timeline.ts";
import { framesOf, type Selection, selectSamples } from "./select-samples.ts";
import type { SliceRange } from "./slice.ts";

/** Like selectSamples, for a fragmented recording: reads only the fragments around the range. `media` is absent when the
 * file has no index and its end does not tell. */
export async function selectFromFragments(
  recording: FragmentedRecording & { range: SliceRange },
): Promise<Omit<Selection, "media"> & { media?: Media | undefined }> {
  const { source, name, movie, located } = recording;
  const video = movie.tracks.find((track) => track.handler === "vide");
  if (!video) return selectSamples(movie, source, name, recording.range);
  const first: FragmentEntry = { start: located.end, seconds: Number.NEGATIVE_INFINITY };
  const { reader, starts, index, last, media } = await fragmentTimeline(recording, video);
  const search = async (fromSeconds: number) =>
    index.length > 0 || !last ? [] : reader.search(starts.videoSeconds, last, fromSeconds);
  const near = index.length > 0 ? index.slice(1) : await search(recording.range.fromSeconds);
  const loaded = await loadAround(reader, [first, ...near], recording, search);
  try {
    const selection = selectSamples(loaded.movie, loaded.source, name, recording.range);
    return { ...selection, starts, media: loaded.whole ? selection.media : media };
  } catch (error) {
    if (error instanceof OutsideMediaError) throw new OutsideMediaError(name, media ?? error.media, starts);
    throw error;
  }
}

/** Audio that is farther away from its picture in the file is not looked for. */
const AUDIO_BACK_SECONDS = 60;

/** Starts one fragment early, for audio, and goes further back when no keyframe at or before the range was found, or no audio. */
async function loadAround(
  reader: FragmentReader,
  near: FragmentEntry[],
  { range, signal }: FragmentedRecording & { range: SliceRange },
  search: (fromSeconds: number) => Promise<FragmentEntry[]>,
): Promise<Loaded> {
  let entries = near;
  let stepBack = 4;
  let from = Math.max(0, entries.findLastIndex((entry) => entry.seconds <= range.fromSeconds) - 1);
  const until = entries.find((entry) => entry.seconds >= range.toSeconds)?.start;
  for (;;) {
    const loaded = await reader.load(entries[from]?.start ?? 0, from === 0, until, range.toSeconds);
    const { movie, found } = await withRealKeyframes(loaded.movie, loaded.source, range, signal);
    const needsAll = loaded.needsAllFragments || beginsAgain(movie, entries[from]);
    const isEnough = !needsAll && found && hasEntry(movie, range.fromSeconds);
    const isFar = (entries[from]?.seconds ?? 0) < range.fromSeconds - AUDIO_BACK_SECONDS;
    if (from === 0 || (isEnough && (isFar || !reader.lacksAudio(movie, range.fromSeconds))))
      return { ...loaded, movie };
    if (isEnough && from === 1) {
      const [earlier] = await search(range.fromSeconds - AUDIO_BACK_SECONDS);
      if (earlier) entries = [...entries.slice(0, 1), earlier, ...entries.slice(1)];
      from += earlier ? 1 : 0;
    }
    from = needsAll ? 0 : Math.max(0, from - stepBack);
    stepBack *= 4;
  }
}

/** Indexes and fragments count edits differently, by less. */
const INDEX_SECONDS = 60;

/** Whether decode times have begun again (32 bits) before what is loaded: the index goes on. Only behind all that comes before they are right. */
function beginsAgain(movie: Movie, entry: FragmentEntry | undefined): boolean {
  const video = firstTrack(movie, "vide");
  if (!video || video.samples.count === 0 || !entry) return false;
  return presentationTicks(video, 0) / video.timescale < entry.seconds - INDEX_SECONDS;
}

/** Whether decoding can start in what is loaded for every frame from `fromSeconds` on. */
function hasEntry(movie: Movie, fromSeconds: number): boolean {
  const video = firstTrack(movie, "vide");
  if (!video) return false;
  if (lacksKeyframe(video, fromSeconds)) return false;
  const range = { fromSeconds, toSeconds: Number.POSITIVE_INFINITY };
  const { standing, first, isPreceded, startsSoon } = framesOf(video, firstTrack(movie, "soun"), range);
  const wanted = standing ?? first;
  if (wanted === undefined) return isPreceded;
  return (isPreceded || startsSoon) && !randomAccessPointFor(video, wanted).tooLate;
}

/** Whether a frame from `fromSeconds` on is loaded without the keyframe that it needs. */
function lacksKeyframe(video: Track, fromSeconds: number): boolean {
  const from = (fromSeconds - FRAME_TOLERANCE_SECONDS) * video.timescale;
  const keyframe = video.samples.sync.indexOf(1);
  return video.samples.sync
    .subarray(0, Math.max(0, keyframe))
    .some((_, i) => isPresented(video, i) && presentationTicks(video, i) >= from);
}
