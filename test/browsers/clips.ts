import { join } from "node:path";
import { createMediaEngine, findFfmpeg } from "@camclips/media/engine";
import { makeCamera } from "@camclips/media/synthetic";

export const FPS = 25;
const GOP = 50;
const START_MS = Date.UTC(2018, 9, 31, 2, 52, 0, 0);
const RECORDING_SECONDS = 3;
/** A second and a frame before the first keyframe; over the join; into a group of pictures of the second recording. */
const FROM_SECONDS = 0.96;
const TO_SECONDS = 4.44;
/** Also how many frames there are from the keyframe before the clip to its start. */
export const FIRST_CODE = Math.round(FROM_SECONDS * FPS);
export const FRAMES = Math.round((TO_SECONDS - FROM_SECONDS) * FPS);
/** Frame 0 is the only keyframe before the clip: what a player shows first that ignores the edit list of a fast clip. */
if (FIRST_CODE >= GOP) throw new RangeError("the clip has to start in the first group of pictures");

/** So large that a picture without loss is within its level's limits. */
const LARGE = { width: 640, height: 360 };
const BASELINE = ["-profile:v", "baseline"];

type Way = "exact" | "smart" | "fast";

/** Recordings of one kind, and the ways in which clips are cut over their join. */
export const cases: Case[] = [
  { name: "b-frames-audio", bFrames: 2, audio: true, ways: ["exact", "smart", "fast"] },
  { name: "b-frames-silent", bFrames: 2, audio: false, ways: ["smart", "fast"] },
  { name: "plain-audio", bFrames: 0, audio: true, ways: ["smart"] },
  // The frames before the first keyframe follow a picture without loss, whose codes are others than theirs, or the same.
  { name: "entered", bFrames: 0, audio: true, ways: ["smart"], isEntered: true, ...LARGE },
  { name: "entered-baseline", bFrames: 0, audio: false, ways: ["smart"], isEntered: true, ...LARGE, encoder: BASELINE },
  // Chromium plays HEVC with a hardware decoder only. Firefox sometimes stops a smart one with an error of its own
  // (docs/formats.md): it makes a new decoder wherever parameter sets change, and trips when it is sent elsewhere meanwhile.
  { name: "hevc", bFrames: 2, audio: true, ways: ["fast"], codec: "hevc", openGop: true, only: "firefox" },
];

interface Case {
  name: string;
  bFrames: number;
  audio: boolean;
  ways: Way[];
  codec?: "hevc";
  openGop?: boolean;
  width?: number;
  height?: number;
  encoder?: readonly string[];
  /** All frames but one are copied: see docs/decisions/0066. */
  isEntered?: boolean;
  /** The one browser that plays it. */
  only?: string;
}

/** Makes the clips of a case, each named `<case>-<way>.mp4`. */
export async function makeClips(
  folder: string,
  { name, ways, only: _, isEntered = false, ...kind }: Case,
): Promise<string[]> {
  const engine = createMediaEngine({ ffmpeg: await findFfmpeg(process.env), threads: 2, timeLimitMs: 120_000 });
  const camera = await makeCamera({
    ...{ folder: join(folder, name), alias: "pier", startMs: START_MS, recordings: 2, seconds: RECORDING_SECONDS },
    ...{ width: 320, height: 180, fps: FPS, gop: GOP, ...kind },
  });
  const [startMs, endMs] = [START_MS + FROM_SECONDS * 1000, START_MS + TO_SECONDS * 1000];
  const sources = camera.recordings.map(({ path, startMs: zeroMs, endMs: lastMs }) => {
    return { path, zeroMs, fromMs: Math.max(startMs, zeroMs), toMs: Math.min(endMs, lastMs) };
  });
  const clips: string[] = [];
  for (const precision of ways) {
    const output = join(folder, `${name}-${precision}.mp4`);
    const limits = { gapPolicy: "SKIP_GAPS", joinToleranceMs: 1000 } as const;
    const job = { sources, startMs, endMs, ...limits, precision, codec: "source", output } as const;
    const report = await engine.renderClip(job, { scratch: folder });
    const { frames, encodedFrames, audio } = report;
    const copied = frames - encodedFrames;
    if (
      report.precision !== precision ||
      frames !== FRAMES ||
      audio !== kind.audio ||
      copied > 0 !== (precision !== "exact") ||
      (isEntered && encodedFrames !== 1)
    )
      throw new Error(`${output} is not the clip to look at: ${JSON.stringify(report)}`);
    clips.push(output);
  }
  return clips;
}
