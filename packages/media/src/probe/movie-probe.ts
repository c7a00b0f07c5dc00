import { firstTrack, type Movie, presentationSeconds, presentedSeconds, presentedSpans } from "@camclips/mp4";
import { audioEntries } from "../ffmpeg/audio-formats.ts";
import { withJitter } from "./audio-jitter.ts";
import type { MediaProbe } from "./probe.ts";

/** What probeMedia tells, read from the file's index without starting ffmpeg. `undefined` without video frames. */
export function movieProbe(movie: Movie): MediaProbe | undefined {
  const track = firstTrack(movie, "vide");
  const description = track?.descriptions[0];
  if (!track || !description?.video) return undefined;
  const { width, height, sampleAspect } = description.video;
  const aspect = sampleAspect[0] / sampleAspect[1];
  const turned = track.rotation === 90 || track.rotation === 270;
  const shape = turned
    ? { width: height, height: width, sampleAspect: 1 / aspect }
    : { width, height, sampleAspect: aspect };
  const video = { codec: description.format, ...shape, times: [...presentedSeconds(track)] };
  return { video, ...audioOf(movie), damaged: false };
}

function audioOf(movie: Movie): Pick<MediaProbe, "audio" | "lostAudio"> {
  const track = firstTrack(movie, "soun");
  const description = track?.descriptions[0];
  if (!description) return { audio: undefined };
  const audio = audioEntries.has(description.format) ? description.audio : undefined;
  // Types of old formats hold bytes that are no characters.
  if (!audio) return { audio: undefined, lostAudio: description.format.replace(/[^\x20-\x7e]/g, "?") };
  const { sampleRate, channels } = audio;
  const isAac = description.format === "mp4a";
  const starts = Array.from({ length: isAac ? track.samples.count : 0 }, (_, i) => presentationSeconds(track, i));
  return { audio: { sampleRate, channels, spans: presentedSpans(track), ...withJitter(starts, sampleRate) } };
}
