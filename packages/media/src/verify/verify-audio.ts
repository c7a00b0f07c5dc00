import { fileSource, firstTrack, presentedSpans, readMovie } from "@camclips/mp4";
import { AudioError } from "../errors.ts";
import { mayBlameInput } from "../ffmpeg/blame.ts";
import type { FfmpegRun } from "../ffmpeg/run-ffmpeg.ts";
import type { RenderJob } from "../media-engine.ts";
import type { MediaProbe } from "../probe/probe.ts";
import { type HeardPart, heardParts } from "../timeline/audio.ts";
import type { Timeline } from "../timeline/timeline.ts";
import { audioProblem, LOOK_AROUND_SECONDS } from "./compare-audio.ts";
import { decodeAudio } from "./decode-audio.ts";

export interface AudioPlan {
  /** The finished clip. */
  path: string;
  job: RenderJob;
  timeline: Timeline;
  probes: readonly MediaProbe[];
  /** Packets were copied: then it starts and ends with whole ones, and fades where recordings join. */
  copied: boolean;
  /** Our reader has read the indexes of all sources. */
  isIndexed: boolean;
}

/** Compared at the start, in the middle and at the end of every part. */
const WINDOW_SECONDS = 1.2;
/** A decoder and the edges of packets may sound otherwise there. */
const EDGE_SECONDS = 0.2;
/** More than rounding to packets: what a clip's audio may be shorter than its picture. */
const SHORT_SECONDS = 0.06;

/**
 * Checks a clip's audio: that it begins and ends with the picture, as far as it was recorded, and that it is the
 * recordings' audio of the same instants, before and behind every join.
 * @throws AudioError when it is not
 */
export async function verifyAudio(
  plan: AudioPlan,
  ways: Pick<FfmpegRun, "ffmpeg" | "signal" | "timeLimitMs">,
): Promise<void> {
  const parts = heardParts(plan.timeline, plan.probes);
  if (parts.length === 0) return;
  await checkLength(plan, parts);
  const windows = parts.flatMap(windowsOf);
  const paths = plan.job.sources.map(({ path }) => path);
  const jitterOf = ({ source }: HeardPart) => plan.probes[source]?.audio?.jitterSeconds;
  const clip = windows.map((window) => {
    const { outSeconds: fromSeconds, seconds } = window;
    const jitterSeconds = plan.copied ? jitterOf(window) : undefined;
    return { path: plan.path, fromSeconds, seconds, isIndexed: true, jitterSeconds };
  });
  const sources = windows.map((window) => ({
    path: paths[window.source] ?? "",
    fromSeconds: window.sourceSeconds - LOOK_AROUND_SECONDS,
    seconds: window.seconds + 2 * LOOK_AROUND_SECONDS,
    isIndexed: plan.isIndexed,
    jitterSeconds: jitterOf(window),
  }));
  try {
    const decoded = await decodeAudio([...clip, ...sources], ways);
    const [own, recorded] = [decoded.slice(0, clip.length), decoded.slice(clip.length)];
    for (const [i, window] of windows.entries()) {
      const problem = audioProblem(own[i] ?? new Int16Array(), recorded[i] ?? new Int16Array(), jitterOf(window));
      if (problem) throw new AudioError(`the clip's audio at ${window.outSeconds.toFixed(1)} s ${problem}`);
    }
  } catch (error) {
    if (!mayBlameInput(error)) throw error;
    throw new AudioError("the clip's audio cannot be decoded", { cause: error });
  }
}

async function checkLength({ path, timeline, copied }: AudioPlan, parts: readonly HeardPart[]): Promise<void> {
  await using file = await fileSource(path);
  const track = firstTrack(await readMovie(file, path), "soun");
  const spans = track ? presentedSpans(track) : [];
  const [first, last] = [parts[0], parts.at(-1)];
  const startSeconds = copied ? (first?.outSeconds ?? 0) : 0;
  const endSeconds = copied && last ? last.outSeconds + last.seconds : timeline.durationSeconds;
  const [start, end] = [spans[0]?.[0] ?? Number.NaN, spans.at(-1)?.[1] ?? Number.NaN];
  if (!(start <= startSeconds + SHORT_SECONDS && end >= endSeconds - SHORT_SECONDS)) {
    const told = spans.length > 0 ? `runs from ${start.toFixed(3)} to ${end.toFixed(3)} s` : "is missing";
    throw new AudioError(
      `the clip's audio ${told}, planned was ${startSeconds.toFixed(3)} to ${endSeconds.toFixed(3)} s`,
    );
  }
}

function windowsOf(part: HeardPart): HeardPart[] {
  const usable = part.seconds - 2 * EDGE_SECONDS;
  if (usable <= 0.1) return [];
  const seconds = Math.min(WINDOW_SECONDS, usable);
  const room = usable - seconds;
  const starts = room < WINDOW_SECONDS ? [0] : [0, room / 2, room];
  return starts.map((from) => ({
    ...part,
    outSeconds: part.outSeconds + EDGE_SECONDS + from,
    sourceSeconds: part.sourceSeconds + EDGE_SECONDS + from,
    seconds,
  }));
}
