import { CorruptSourceError, MalformedBoxError, namingSource, UnsupportedStructureError } from "../errors.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { locateMovie, windowOn } from "../read/locate-movie.ts";
import { parseMovie } from "../read/parse-movie.ts";
import { sampleBudget } from "../read/sample-table.ts";
import { type MuxedMovie, writeMovie } from "../write/write-movie.ts";
import { withEarlierFragments } from "./earlier-fragments.ts";
import { withEarlierState } from "./earlier-state.ts";
import { withRealKeyframes } from "./find-keyframes.ts";
import { selectSamples } from "./select-samples.ts";
import type { Slice, SliceRange } from "./slice.ts";
import { selectFromFragments } from "./slice-fragments.ts";

/**
 * Cuts the samples that `range` needs out of a recording, without decoding: a plain MP4 that starts with the keyframe at or
 * before the range's first frame. Only the index is read here; samples are read while `chunks` is consumed.
 * Of a file that is cut off within the range, it holds what is there, and `cutOffSeconds` says so.
 * What this folder cannot take apart is copied whole, and `why` says so.
 *
 * @param name what errors call the recording, normally its object key
 * @throws CorruptSourceError when the recording is empty, truncated before the first frame that is needed, or no video;
 * OutsideMediaError when none of its frames lies in the range.
 */
export async function sliceRecording(
  source: ByteSource,
  name: string,
  range: SliceRange,
  signal?: AbortSignal,
): Promise<Slice> {
  return namingSource(name, async () => {
    try {
      return await slice(source, name, range, signal);
    } catch (error) {
      if (error instanceof UnsupportedStructureError) return wholeCopy(source, error.message);
      throw error;
    }
  });
}

async function slice(source: ByteSource, name: string, range: SliceRange, signal?: AbortSignal): Promise<Slice> {
  const window = windowOn(source, signal);
  const located = await locateMovie(source, name, window);
  const budget = sampleBudget();
  const movie = parseMovie(located.moov, budget);
  const recording = { source, name, range, window, located, movie, budget, signal };
  const selection = movie.fragmented
    ? await selectFromFragments(recording)
    : selectSamples((await withRealKeyframes(movie, source, range, signal)).movie, source, name, range);
  const tracks = movie.fragmented
    ? await withEarlierFragments(selection, recording)
    : await withEarlierState(selection, movie, source, window, signal);
  const muxed = writeMovie(tracks, {
    order: "source",
    ...(movie.creationTimeMs && { creationTimeMs: movie.creationTimeMs }),
  });
  return {
    method: "sliced",
    zeroSeconds: selection.zeroSeconds,
    ...(selection.media && { media: selection.media }),
    beside: selection.beside,
    holes: selection.holes,
    ...(selection.cutOffSeconds !== undefined && { cutOffSeconds: selection.cutOffSeconds }),
    starts: selection.starts,
    bytes: muxed.bytes,
    chunks: (chunkSignal) => namedChunks(muxed, name, chunkSignal),
  };
}

async function* namedChunks(muxed: MuxedMovie, name: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* muxed.chunks(signal);
  } catch (error) {
    if (error instanceof MalformedBoxError) throw new CorruptSourceError(name, error.message, { cause: error });
    throw error;
  }
}

function wholeCopy(source: ByteSource, why: string): Slice {
  return {
    method: "copied",
    why: `the recording is copied whole: ${why}`,
    zeroSeconds: 0,
    bytes: source.size,
    chunks: (signal) => source.stream(0, source.size, signal),
  };
}
