import { rm } from "node:fs/promises";
import { CorruptSourceError, fileSource, firstTrack, presentationSeconds, readMovie } from "@camclips/mp4";
import { inPictureOrder, readAvi } from "./avi.ts";
import { audioCodecs, namelessAudio } from "./ffmpeg/audio-formats.ts";
import { FfmpegError } from "./ffmpeg/errors.ts";
import { inputArguments } from "./ffmpeg/input-arguments.ts";
import { runFfmpeg } from "./ffmpeg/run-ffmpeg.ts";
import { type EngineSettings, TIMESCALE } from "./ffmpeg/settings.ts";
import type { UnwrapOptions, Unwrapped } from "./media-engine.ts";

/** FLAC in MP4 counts as an experiment in ffmpeg 5. */
const FLAC = ["-strict", "experimental"];
/** A lone time that neither the frame before nor the one behind agrees with is damaged: the frame comes between these. */
const IS_STRAY = "gt(N,0)*lt(PREV_OUTDTS,NEXT_DTS)*(gt(DTS,NEXT_DTS)+lt(DTS,PREV_OUTDTS))";
const BETWEEN = "(PREV_OUTDTS+NEXT_DTS)/2";
/** Of the two times of a frame, also one alone may be damaged: they are no farther from each other than reordering takes. */
const REORDERED = "lt(abs(PTS-DTS)*TB,2)";
const MENDED = `pts='if(${IS_STRAY}*${REORDERED},PTS-DTS+${BETWEEN},PTS)':dts='if(${IS_STRAY},${BETWEEN},DTS)'`;
/** Frames last until the next one; where a container does not say how long, the last one would last for no time, and be hidden. */
const LASTING = `setts=${MENDED}:duration='if(gt(DURATION,0)+not(N),DURATION,DTS-PREV_OUTDTS)'`;
/** Of a transport stream, ffmpeg learns what its audio is from packets of it, which may come late, or not at all. */
const UNKNOWN_AUDIO = /Could not find codec parameters for stream \d+ \(Audio/;
const LONG_LOOK = ["-probesize", "1G", "-analyzeduration", "1G"];
const AUDIO = ["-map", "0:a:0?"];

interface Way {
  format: "mp4" | "mov";
  audio: string[];
  look: string[];
}
const TO_MP4: Way = { format: "mp4", audio: AUDIO, look: [] };
const TO_QUICKTIME: Way = { format: "mov", audio: AUDIO, look: [] };
/** Audio that neither takes, as some ADPCM, is decoded. */
const TO_PCM: Way = { format: "mov", audio: [...AUDIO, "-c:a", "pcm_s16le"], look: [] };
const WITHOUT_AUDIO: Way = { format: "mp4", audio: [], look: [] };
const WAYS_OF_UNKNOWN: Way[] = [
  { format: "mp4", audio: AUDIO, look: LONG_LOOK },
  { format: "mp4", audio: [], look: LONG_LOOK },
];
const MPEG4 = /^(fmp4|xvid|divx|dx50|mp4v)$/i;

/**
 * Puts a recording out of another container (MPEG-TS, Matroska, AVI) into an MP4 without decoding, its times as they are, or
 * `laterSeconds` later: an MP4 shows nothing before 0, where ffmpeg puts the times of a transport stream that begin again soon.
 * PCM is taken by QuickTime's form of it only, newer video codecs by MP4 alone.
 * @returns undefined when what it holds goes into neither
 */
export async function unwrap(
  input: string,
  output: string,
  { ffmpeg, timeLimitMs }: EngineSettings,
  { scratch, signal, laterSeconds = 0 }: UnwrapOptions,
): Promise<Unwrapped | undefined> {
  const avi = await readAvi(input);
  // Old encoders put two frames into one packet, so that AVI could do without times; of other codecs ffmpeg guesses a delay.
  const unpacked = avi !== undefined && MPEG4.test(avi.codec) ? ["mpeg4_unpack_bframes"] : [];
  const later = laterSeconds === 0 ? [] : ["-itsoffset", String(laterSeconds)];
  const placed = ["-bsf:v", avi === undefined ? LASTING : [...unpacked, "setts=pts=DTS"].join(",")];
  const ways = [TO_MP4];
  for (const { format, audio, look } of ways) {
    // Also where times begin is rounded to the movie's units: to milliseconds, if nothing is said.
    const scale = ["-video_track_timescale", String(TIMESCALE), "-movie_timescale", String(TIMESCALE)];
    const streams = ["-map", "0:V:0", "-c", "copy", ...audio, ...placed, ...scale];
    const args = ["-v", "info", "-y", "-copyts", ...inputArguments(input, [...look, ...later]), ...streams, ...FLAC];
    try {
      const log = await runFfmpeg({
        ffmpeg,
        timeLimitMs,
        args: [...args, "-f", format, output],
        cwd: scratch,
        ...(signal && { signal }),
      });
      requireTimes(log, input);
      if (avi !== undefined) await inPictureOrder(output, avi, signal);
      return { ...(await lostIn(log, output, laterSeconds, signal)), ...lostAudioIn(log) };
    } catch (error) {
      if (!(error instanceof FfmpegError) || error.exitCode === null) throw error;
      await rm(output, { force: true });
      if (ways.length === 1) ways.push(...furtherWays(error.log));
    }
  }
  return undefined;
}

/** Where times go back, ffmpeg puts the frames right behind the one before, as many as it takes: the picture would stand. */
const MOST_MOVED_SECONDS = 1;
const MOVED = /(?:output stream 0:0|^\[vost#0:0\/.*Non-monotonic DTS); previous: (\d+), current: (-?\d+);/gm;

function requireTimes(log: string, input: string): void {
  const moved = Array.from(log.matchAll(MOVED), ([, previous, current]) => Number(previous) - Number(current));
  const seconds = Math.max(0, ...moved) / TIMESCALE;
  if (seconds > MOST_MOVED_SECONDS)
    throw new CorruptSourceError(input, `the times of its frames go back by ${seconds.toFixed(1)} s`);
}

function furtherWays(log: string): Way[] {
  const codec = audioOf(log) ?? "";
  // ffmpeg writes such into QuickTime all the same, under names that say nothing.
  const usual = namelessAudio.has(codec) ? [TO_PCM] : [TO_QUICKTIME, TO_PCM];
  if (UNKNOWN_AUDIO.test(log)) return [...usual, ...WAYS_OF_UNKNOWN];
  return audioCodecs.has(codec) ? usual : [...usual, WITHOUT_AUDIO];
}

/** What ffmpeg calls the input's audio. */
function audioOf(log: string): string | undefined {
  return /^ *Stream #0:.*: Audio: (\w+)/m.exec(log)?.[1];
}

function lostAudioIn(log: string): Pick<Unwrapped, "lostAudio"> {
  const codec = audioOf(log);
  return codec === undefined || audioCodecs.has(codec) ? {} : { lostAudio: codec };
}

/** The clock of transport streams. */
const CLOCK_HZ = 90_000;
/** The times of an MP4 are rounded to its time scale. */
const SAME_SECONDS = 0.000_1;

/** Which packets of the video were lost, as transport streams tell it, by decode times; the last one of a slice may be cut off. */
async function lostIn(
  log: string,
  output: string,
  laterSeconds: number,
  signal: AbortSignal | undefined,
): Promise<Unwrapped> {
  const stream = /^ *Stream #0:(\d+) -> #0:0 /m.exec(log)?.[1];
  if (!new RegExp(`corrupt input packet in stream ${stream}$`, "m").test(log))
    return { lacksPackets: false, brokenSeconds: [] };
  await using file = await fileSource(output);
  const video = firstTrack(await readMovie(file, output, signal), "vide");
  if (!video) return { lacksPackets: true, brokenSeconds: [] };
  const told = log.matchAll(new RegExp(`Packet corrupt \\(stream = ${stream}, dts = (-?\\d+)\\)`, "g"));
  const broken = Array.from(told, ([, dts]) => Number(dts) / CLOCK_HZ + laterSeconds).flatMap((seconds) => {
    const { samples, edit, timescale } = video;
    const index = samples.dts.findIndex((dts) => Math.abs((dts + edit.shift) / timescale - seconds) < SAME_SECONDS);
    return index >= 0 ? [presentationSeconds(video, index)] : [];
  });
  // Some are told twice: when ffmpeg looks at the file, and when it reads it.
  return { lacksPackets: true, brokenSeconds: [...new Set(broken)] };
}
