import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { isPresented, type MuxSample, memorySource, presentationTicks, samplesOf, writeMovie } from "@camclips/mp4";
import { inParallel } from "../runtime/in-parallel.ts";
import type { OpenClip } from "./open-clip.ts";

/** As many tiles as can be told apart on a player's bar; each costs a read and the decoding of a whole picture. */
const MAX_KEYFRAMES = 16;
const READS_AT_ONCE = 8;

/**
 * A file of the clip's keyframes, evenly chosen, each at its instant in the clip: they are decoded without any frame between.
 * @returns undefined when the clip shows none, as a `fast` one that lies within one GOP.
 */
export async function cutKeyframes(
  { object, video }: OpenClip,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { sync, size, offset } = video.samples;
  const all = Array.from(sync.keys()).filter((index) => sync[index] === 1 && isPresented(video, index));
  const step = Math.max(1, all.length / MAX_KEYFRAMES);
  const chosen = all.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  if (chosen.length === 0) return undefined;
  const samples = await inParallel(READS_AT_ONCE, chosen, signal, async (index, i, either): Promise<MuxSample[]> => {
    const start = offset[index] ?? 0;
    const bytes = await object.read(start, start + (size[index] ?? 0), either);
    const dts = presentationTicks(video, index);
    const next = chosen[i + 1];
    const duration = next === undefined ? (video.samples.duration[index] ?? 1) : presentationTicks(video, next) - dts;
    const placed = { source: memorySource(bytes), offset: 0, dts, duration, compositionOffset: 0 };
    return samplesOf(video, object, index, index).map((sample) => ({ ...sample, ...placed }));
  });
  const edit = { shift: 0, from: presentationTicks(video, chosen[0] ?? 0), to: Number.POSITIVE_INFINITY };
  const descriptions = video.descriptions.map(({ entry }) => entry);
  const movie = writeMovie([{ ...video, descriptions, samples: samples.flat(), edit }], { order: "time" });
  await pipeline(movie.chunks(signal), createWriteStream(path), { signal });
  return path;
}
