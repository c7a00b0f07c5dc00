import { join } from "node:path";
import {
  type ByteSource,
  CorruptSourceError,
  fileSource,
  firstTrack,
  frameBytesOf,
  type Movie,
  type MuxSample,
  presentationSeconds,
  presentationTicks,
  readMovie,
  type SampleKind,
  sampleKinds,
  samplesOf,
  type Track,
  writeMovie,
  writeMovieFile,
} from "@camclips/mp4";
import type { RenderSource } from "./media-engine.ts";

/**
 * The same sources, those with samples that are no frames of their own written anew: there, a frame's second field lies in one
 * sample with the first one, and what shows nothing is left out. Whoever counts samples counts frames then.
 * @param scratch a folder for them
 */
export async function withWholeFrames(
  sources: readonly RenderSource[],
  scratch: string,
  signal?: AbortSignal,
): Promise<RenderSource[]> {
  const whole: RenderSource[] = [];
  for (const [index, source] of sources.entries())
    whole.push(await withFramesOf(source, join(scratch, `frames-${index}.mp4`), signal));
  return whole;
}

/** An error about a source that was written anew, as one about the source itself. */
export function aboutGiven(error: unknown, given: readonly RenderSource[], used: readonly RenderSource[]): unknown {
  if (!(error instanceof CorruptSourceError)) return error;
  const path = given[used.findIndex((source) => source.path === error.source)]?.path;
  if (path === undefined || path === error.source) return error;
  return new CorruptSourceError(path, error.message.replace(`${error.source}: `, ""), { cause: error });
}

async function withFramesOf(source: RenderSource, path: string, signal?: AbortSignal): Promise<RenderSource> {
  await using file = await fileSource(source.path);
  const movie = await readIfMp4(file, source.path, signal);
  const video = movie && firstTrack(movie, "vide");
  const kinds = video && (await sampleKinds(file, video, signal));
  if (!movie || !video || !kinds) return source;
  const tracks = movie.tracks.map((track) => {
    const samples = samplesOf(track, file, 0, track.samples.count - 1);
    const descriptions = track.descriptions.map(({ entry }) => entry);
    if (track !== video) return { ...track, descriptions, samples, frameBytes: frameBytesOf(track, samples) };
    return { ...track, descriptions, samples: joined(samples, kinds), edit: editOf(track, kinds.indexOf("frame")) };
  });
  await writeMovieFile(path, writeMovie(tracks, { order: "source" }), signal);
  // What the recording's index says of frames is said of samples: the file's own frames tell.
  const told = { frames: undefined, previousFrameMs: undefined };
  const brokenSeconds = source.brokenSeconds?.map((seconds) => frameSecondsOf(video, kinds, seconds));
  const own = { ...source, ...told, path, ...(brokenSeconds && { brokenSeconds }) };
  return kinds.includes("second field") ? { ...own, usualFrameMs: undefined, lastFrameEndMs: undefined } : own;
}

/** Other files are left to ffmpeg, and so are the errors about them. */
async function readIfMp4(file: ByteSource, path: string, signal?: AbortSignal): Promise<Movie | undefined> {
  try {
    return await readMovie(file, path, signal);
  } catch (error) {
    if (error instanceof CorruptSourceError) return undefined;
    throw error;
  }
}

/** An edit that begins with the first frame that is left. */
function editOf(track: Track, first: number): Track["edit"] {
  const { edit } = track;
  return first > 0 ? { ...edit, from: Math.max(edit.from, presentationTicks(track, first)) } : edit;
}

function joined(samples: readonly MuxSample[], kinds: readonly SampleKind[]): MuxSample[] {
  const frames: MuxSample[] = [];
  for (const [index, sample] of samples.entries()) {
    const last = frames.at(-1);
    const kind = kinds[index];
    if (kind === "frame") frames.push(sample);
    else if (last) {
      const frame = kind === "second field" ? { ...last, ...bytesOfBoth(last, sample) } : last;
      frames[frames.length - 1] = { ...frame, duration: last.duration + sample.duration };
    }
  }
  return frames;
}

/** Other tracks may lie between them. */
function bytesOfBoth(first: MuxSample, second: MuxSample): Pick<MuxSample, "source" | "offset" | "size"> {
  const size = first.size + second.size;
  const read: ByteSource["read"] = async (start, end, signal) => {
    const parts: Uint8Array[] = [];
    for (const { source, offset, size } of [first, second])
      parts.push(Buffer.from(await source.read(offset, offset + size, signal)));
    return Buffer.concat(parts).subarray(start, end);
  };
  const stream: ByteSource["stream"] = async function* (start, end, signal) {
    yield await read(start, end, signal);
  };
  return { source: { size, read, stream }, offset: 0, size };
}

/** The time of the frame of which the sample at an instant is a part. */
function frameSecondsOf(video: Track, kinds: readonly SampleKind[], seconds: number): number {
  const times = kinds.map((_, index) => presentationSeconds(video, index));
  const nearest = times.reduce((best, time, i) => {
    return Math.abs(time - seconds) < Math.abs((times[best] ?? 0) - seconds) ? i : best;
  }, 0);
  return times[kinds.lastIndexOf("frame", nearest)] ?? seconds;
}
