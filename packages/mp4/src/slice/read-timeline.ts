import { namingSource, UnsupportedStructureError } from "../errors.ts";
import { type FragmentEntry, findLastFragment, readFragmentIndex } from "../fragments/fragment-index.ts";
import { type FragmentedRecording, FragmentReader, type Media } from "../fragments/fragment-reader.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { locateMovie, windowOn } from "../read/locate-movie.ts";
import type { Track } from "../read/movie.ts";
import { parseMovie } from "../read/parse-movie.ts";
import { sampleBudget } from "../read/sample-table.ts";
import { movieTimeline } from "./select-samples.ts";
import type { TimelineStarts } from "./slice.ts";

/** Where a recording's own times begin and end, seconds. `media` is absent when the index does not tell where they end. */
export interface RecordingTimeline {
  starts: TimelineStarts;
  media?: Media | undefined;
  picture?: PictureFormat | undefined;
}

/** What a recording's video is like. */
export interface PictureFormat {
  /** Sample entry type: `avc1`, `hvc1`, ... */
  format: string;
  width: number;
  height: number;
  /** On average. Absent where the index does not hold every frame: in fragmented files. */
  framesPerSecond?: number;
}

/**
 * Reads the index of a recording for its times: what sliceRecording tells of them, without choosing samples.
 *
 * @returns undefined for a valid file that this folder does not take apart
 * @throws CorruptSourceError as sliceRecording does
 */
export async function readTimeline(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
): Promise<RecordingTimeline | undefined> {
  return namingSource(name, async () => {
    try {
      const window = windowOn(source, signal);
      const located = await locateMovie(source, name, window);
      const budget = sampleBudget();
      const movie = parseMovie(located.moov, budget);
      const video = movie.tracks.find((track) => track.handler === "vide");
      const told =
        movie.fragmented && video
          ? await fragmentTimeline({ source, name, window, located, movie, budget, signal }, video)
          : movieTimeline(movie, source, name);
      return { starts: told.starts, media: told.media, picture: video && pictureFormat(video) };
    } catch (error) {
      if (error instanceof UnsupportedStructureError) return undefined;
      throw error;
    }
  });
}

function pictureFormat({ descriptions, samples, timescale }: Track): PictureFormat | undefined {
  const [first] = descriptions;
  if (!first?.video) return undefined;
  const { width, height } = first.video;
  const last = samples.count - 1;
  const ticks = last > 0 ? (samples.dts[last] ?? 0) - (samples.dts[0] ?? 0) : 0;
  const framesPerSecond = Math.round((last * timescale * 100) / ticks) / 100;
  return { format: first.format, width, height, ...(ticks > 0 && { framesPerSecond }) };
}

/** What is known of a fragmented recording before the fragments of a range are read. */
export interface FragmentTimeline extends RecordingTimeline {
  reader: FragmentReader;
  /** Fragments by the file's own index; empty when it has none. */
  index: FragmentEntry[];
  last: FragmentEntry | undefined;
}

export async function fragmentTimeline(recording: FragmentedRecording, video: Track): Promise<FragmentTimeline> {
  const { source, window, located, signal } = recording;
  const reader = new FragmentReader(recording, video);
  const starts = await reader.starts();
  const index = await readFragmentIndex(source, window, located, video);
  const last = index.at(-1) ?? (await findLastFragment(source, reader.holdsVideo, signal));
  const media = last && (await reader.mediaRange(starts.videoSeconds, last));
  return { reader, starts, index, last, media };
}
