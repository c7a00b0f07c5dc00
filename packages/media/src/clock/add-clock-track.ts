import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  firstTrack,
  frameBytesOf,
  type MuxTrack,
  presentationSeconds,
  presentedSeconds,
  samplesOf,
  type TimedText,
  type Track,
  textTrack,
  writeMovie,
} from "@camclips/mp4";
import type { CutSource } from "../cut/cut-plan.ts";
import { openSources } from "../cut/mux-clip.ts";
import { Window } from "../cut/window.ts";
import { writeHashed } from "../cut/write-hashed.ts";
import { VerificationError } from "../errors.ts";
import type { ClockCue, ClockLabel, RenderJob, RenderOptions, RenderReport } from "../media-engine.ts";
import { clockSeconds } from "./clock-cues.ts";
import { clockText } from "./clock-text.ts";

/**
 * Puts the wall clock into a finished clip, as a track of timed text: no frame is touched. The clip is written anew, and every
 * sample compared with what it was.
 * @throws VerificationError when one is another.
 */
export async function addClockTrack(
  { output, startMs }: Pick<RenderJob, "output" | "startMs">,
  label: ClockLabel,
  report: RenderReport,
  { scratch, signal }: RenderOptions,
): Promise<RenderReport> {
  const made = join(scratch, "with-clock.mp4");
  const { clock, sha256 } = await writeWithClock({ from: output, to: made, startMs }, label, report, signal);
  await rename(made, output);
  return { ...report, bytes: (await stat(output)).size, sha256, clock };
}

async function writeWithClock(
  { from, to, startMs }: { from: string; to: string; startMs: number },
  label: ClockLabel,
  { anchors, durationMs }: RenderReport,
  signal: AbortSignal | undefined,
): Promise<{ clock: ClockCue[]; sha256: string }> {
  await using opened = await openSources([from], signal);
  const [clip] = opened.sources;
  const video = clip && firstTrack(clip.movie, "vide");
  if (!clip || !video) throw new VerificationError("the clip holds no video");
  const text = clockText(label);
  const seconds = clockSeconds(anchors, durationMs / 1000, presentedSeconds(video));
  const clock = seconds.map(({ wallMs, ...cue }) => ({ ...cue, text: text(wallMs) }));
  const tracks = [...clip.movie.tracks.map((track) => unchanged(track, clip)), clockTrack(clock, video)];
  const movie = writeMovie(tracks, { order: "time", creationTimeMs: startMs });
  const sha256 = await writeHashed(to, movie, signal);
  await requireSame(clip, to, signal);
  return { clock, sha256 };
}

function unchanged(track: Track, { bytes }: CutSource): MuxTrack {
  const samples = samplesOf(track, bytes, 0, track.samples.count - 1);
  const descriptions = track.descriptions.map(({ entry }) => entry);
  return { ...track, descriptions, frameBytes: frameBytesOf(track, samples), samples };
}

/** In the video's own units, so that a text begins with its frame. */
function clockTrack(cues: readonly ClockCue[], video: Track): MuxTrack {
  const { timescale, displayWidth, displayHeight, rotation } = video;
  const texts = cues.map(({ text, toSeconds }): TimedText => ({ text, endTicks: Math.round(toSeconds * timescale) }));
  const turned = rotation === 90 || rotation === 270;
  const area = {
    displayWidth: turned ? displayHeight : displayWidth,
    displayHeight: turned ? displayWidth : displayHeight,
  };
  return textTrack(texts, timescale, area);
}

async function requireSame(before: CutSource, path: string, signal: AbortSignal | undefined): Promise<void> {
  await using opened = await openSources([path], signal);
  const [after] = opened.sources;
  for (const [i, track] of before.movie.tracks.entries()) {
    const copy = after?.movie.tracks[i];
    if (!after || copy?.samples.count !== track.samples.count)
      throw new VerificationError("the clip lost samples when its clock was added");
    const [own, others] = [new Window(before.bytes, signal), new Window(after.bytes, signal)];
    for (let sample = 0; sample < track.samples.count; sample++) {
      const isSame = (await sampleAt(own, track, sample)).equals(await sampleAt(others, copy, sample));
      const moved = Math.abs(presentationSeconds(track, sample) - presentationSeconds(copy, sample));
      if (!isSame || moved > 1 / track.timescale)
        throw new VerificationError(`sample ${sample} of the clip is another since its clock was added`);
    }
  }
}

function sampleAt(window: Window, { samples }: Track, index: number): Promise<Buffer> {
  const offset = samples.offset[index] ?? 0;
  return window.at(offset, offset + (samples.size[index] ?? 0));
}
