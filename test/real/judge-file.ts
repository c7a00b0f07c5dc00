import { mkdir, symlink } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import type { Precision } from "@camclips/events";
import { fileSource, readTimeline } from "@camclips/mp4";
import { type Answer, askPipeline } from "@camclips/testing/draws/ask-pipeline";
import { comparePictures } from "../../packages/media/src/verify/compare-pictures.ts";
import type { Fingerprint } from "../../packages/media/src/verify/fingerprint.ts";
import { picturesOf } from "./pictures.ts";

/** A recording is decoded so far, and clips come out of that part. */
export const JUDGED_SECONDS = 60;

const START_MS = Date.UTC(2024, 4, 1, 10);
/** Half a millisecond, and the rounding of times to milliseconds. */
const EDGE_SECONDS = 0.0016;

export interface FileVerdict {
  name: string;
  clips: ({ range: string; precision: Precision } & Judged)[];
}

interface Judged {
  /** A refusal that names what is wrong with the recording is neither right nor wrong: people have to look. */
  verdict: "right" | "refused" | "WRONG";
  result: string;
}

/** Times of an MP4 that start farther from 0 are a recorder's clock: then the name stands for the first frame, as elsewhere always. */
const CLOCK_SECONDS = 1;

/** Reordering alone moves everything in a file away from 0: then, too, the name stands for the first frame. */
async function isReordered(path: string): Promise<boolean> {
  await using file = await fileSource(path);
  const { starts } = (await readTimeline(file, path).catch(() => undefined)) ?? {};
  return starts?.decodedSeconds === 0 && starts.firstSeconds > 0;
}

/** Cuts clips out of a recording, and compares each with what a decoder shows of the recording itself. */
export async function judgeFile(ffmpeg: string, path: string, scratch: string): Promise<FileVerdict> {
  const name = basename(path);
  const origin = join(scratch, "origin");
  await mkdir(origin, { recursive: true });
  const listed = `camera.stream.20240501T100000000${extname(path)}`;
  await symlink(path, join(origin, listed));
  const decoded = await picturesOf(ffmpeg, path, scratch, JUDGED_SECONDS).catch(() => []);
  const isMp4 = /\.(mp4|m4v|m4s|mov|3gp)$/i.test(path);
  const firstSeconds = decoded[0]?.seconds ?? 0;
  const isClock = !isMp4 || firstSeconds > CLOCK_SECONDS;
  const zeroSeconds = isClock || (isMp4 && (await isReordered(path))) ? firstSeconds : 0;
  const shown = decoded.map((frame) => ({ ...frame, seconds: frame.seconds - zeroSeconds }));
  if (/\.avi$/i.test(path)) setEvenly(shown);
  const lastSeconds = shown.at(-1)?.seconds ?? 0;
  const ranges = [
    [0, 0.3, "smart"],
    [0.31, 0.75, "smart"],
    [0.5, 1, "exact"],
    [0.1, 0.9, "fast"],
  ] as const;
  // Times may lie before 0, or nowhere: something is asked all the same.
  const span = shown.length === 0 ? 1 : Math.max(0.04, lastSeconds);
  const asked = ranges.map(([from, to, precision], index) => {
    const [fromMs, toMs] = [START_MS + Math.round(from * span * 1000), START_MS + Math.round(to * span * 1000)];
    return { clipId: `clip-${index}`, fromMs, toMs: Math.max(toMs, fromMs + 1), precision, codec: "source" as const };
  });
  const recording = { name: listed, startMs: START_MS, endMs: START_MS + Math.ceil(span * 1000) + 1000 };
  const answers = await askPipeline({ origin, scratch }, [recording], asked);
  const clips: FileVerdict["clips"] = [];
  for (const { clipId, fromMs, toMs, precision } of asked) {
    const range = `${((fromMs - START_MS) / 1000).toFixed(2)}-${((toMs - START_MS) / 1000).toFixed(2)} s`;
    const own = shown.filter(
      ({ seconds }) => seconds * 1000 >= fromMs - START_MS - 0.5 && seconds * 1000 < toMs - START_MS - 0.5,
    );
    const judged = await judgeClip(
      answers.get(clipId),
      { own, shown, fromSeconds: (fromMs - START_MS) / 1000 },
      ffmpeg,
      scratch,
    );
    clips.push({ range, precision, ...judged });
  }
  return { name, clips };
}

/** Reasons that say something of the recording, not of camclips. */
const NAMED = new Set(["CORRUPT_SOURCE", "NO_FOOTAGE", "GAP_FINAL"]);

/** AVI stores no times, and ffmpeg guesses those of B-frames wrongly: its frames are one interval apart. */
function setEvenly(frames: Fingerprint[]): void {
  const steps = frames.slice(1).map(({ seconds }, index) => seconds - (frames[index]?.seconds ?? 0));
  const interval = steps.toSorted((a, b) => a - b)[steps.length >> 1] ?? 0;
  for (const [index, frame] of frames.entries()) frame.seconds = index * interval;
}

interface Truth {
  /** The frames of the range, and all frames. */
  own: readonly Fingerprint[];
  shown: readonly Fingerprint[];
  fromSeconds: number;
}

async function judgeClip(
  answer: Answer | undefined,
  { own, shown }: Truth,
  ffmpeg: string,
  scratch: string,
): Promise<Judged> {
  const { told, why, path } = answer ?? {};
  if (told?.status !== "CLIP_AVAILABLE" || !path) {
    const isNamed = told?.reason !== undefined && NAMED.has(told.reason) && (told.message ?? "") !== "";
    const verdict = !isNamed ? "WRONG" : own.length === 0 ? "right" : "refused";
    return { result: `${told?.status} ${told?.reason}: ${told?.message}`, verdict };
  }
  const clip = (await picturesOf(ffmpeg, path, scratch)).filter(({ seconds }) => seconds > -0.0005);
  const missing = told.coverage?.gaps.length ?? 0;
  // Frames within the rounding of an edge may be in or out.
  const slack = shown.filter(({ seconds }) => {
    return [own[0]?.seconds, own.at(-1)?.seconds].some((edge) => Math.abs(seconds - (edge ?? 0)) < EDGE_SECONDS);
  }).length;
  if (missing === 0 && Math.abs(clip.length - own.length) > slack)
    return { result: `${clip.length} frames, ${own.length} are due (${why})`, verdict: "WRONG" };
  if (missing === 0) {
    const shift = (own[0]?.seconds ?? 0) - (clip[0]?.seconds ?? 0);
    const moved = shown.map((frame) => ({ ...frame, seconds: frame.seconds - shift }));
    try {
      comparePictures(
        clip.map(({ seconds }) => ({ seconds, list: 0 })),
        clip,
        [moved],
      );
    } catch (error) {
      return { result: `${error instanceof Error ? error.message : error} (${why})`, verdict: "WRONG" };
    }
  }
  const note = missing > 0 ? `; says what is missing: ${told.coverage?.gaps.map(({ cause }) => cause).join(", ")}` : "";
  return { result: `${clip.length} frames right: ${why}${note}`, verdict: "right" };
}
