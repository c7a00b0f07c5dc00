import { fileSource, type MuxTrack, readMovie, writeMovie } from "@camclips/mp4";
import { changedSamples } from "./changed-samples.ts";
import { compareSamples, plannedSamples } from "./compare-samples.ts";
import type { CutPlan, CutSource, PartEncoder } from "./cut-plan.ts";
import { encodeSegments } from "./part-arguments.ts";
import { encodedAudio } from "./place-audio.ts";
import { placeVideo } from "./place-video.ts";
import { writeHashed } from "./write-hashed.ts";

export interface ClipFile {
  path: string;
  /** Wall-clock start of the clip, kept as the file's creation time. */
  startMs: number;
  signal?: AbortSignal | undefined;
}

/** Opens files as sources of a cut; they stay open until disposed. */
export async function openSources(
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<{ sources: CutSource[] } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const sources: CutSource[] = [];
  for (const path of paths) {
    const bytes = stack.use(await fileSource(path));
    sources.push({ path, bytes, movie: await readMovie(bytes, path, signal) });
  }
  const open = stack.move();
  return { sources, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/**
 * Writes a planned clip: a plain MP4 with its index first and one sample description per track; and reads it back, sample by
 * sample.
 *
 * @param encoded paths of the encoded parts, in the order of the plan's encode segments
 * @param audio path of the audio encoded for the whole clip; absent when the clip has none; or the track of the sources' packets
 * @returns the clip's SHA-256
 * @throws MalformedBoxError when an encoded part is not as planned, VerificationError when the clip is not
 */
export async function muxClip(
  plan: CutPlan,
  sources: readonly CutSource[],
  files: { encoded: readonly string[]; audio?: string | MuxTrack | undefined },
  output: ClipFile,
): Promise<string> {
  await using parts = new AsyncDisposableStack();
  const made: CutSource[] = [];
  for (const [i, segment] of encodeSegments(plan).entries()) {
    const path = files.encoded[i] ?? "";
    if (segment.chain) {
      const { enteredPicture } = await import("./enter-chain.ts");
      made.push(await enteredPicture(path, segment, plan, sources[segment.source]));
      continue;
    }
    const { sources: opened } = parts.use(await openSources([path], output.signal));
    for (const part of opened) made.push(await withFreeIds(part, plan.encoder));
  }
  await using encoded = await openSources(typeof files.audio === "string" ? [files.audio] : [], output.signal);
  const video = await placeVideo(plan, sources, made, await changedSamples(plan, sources));
  const [encodedAudioSource] = encoded.sources;
  const copied = typeof files.audio === "object" ? files.audio : undefined;
  const audio = encodedAudioSource ? encodedAudio(encodedAudioSource, plan) : copied;
  const movie = writeMovie(audio ? [video, audio] : [video], { order: "time", creationTimeMs: output.startMs });
  const sha256 = await writeHashed(output.path, movie, output.signal);
  await compareSamples(output.path, plannedSamples(plan, sources, made), output.signal);
  return sha256;
}

async function withFreeIds(part: CutSource, encoder: PartEncoder): Promise<CutSource> {
  if (encoder.codec !== "hevc") return part;
  const { renumbered } = await import("./renumber.ts");
  return renumbered(part, encoder.ids);
}
