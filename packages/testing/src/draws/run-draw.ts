import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readAudioOnsets, readFrameCodes } from "@camclips/media/synthetic";
import { testFfmpeg } from "../ffmpeg.ts";
import { testFolder } from "../folders.ts";
import { sha256 } from "../sha256.ts";
import { askPipeline } from "./ask-pipeline.ts";
import { drawCamera } from "./draw.ts";
import { judge } from "./judge.ts";
import { makeRecordings } from "./make.ts";

const EPOCH_MS = Date.UTC(2024, 4, 1, 10);

/** What audio may be off: packets at joins, and the rounding of containers. AVI stores no delay of encoders. */
const AUDIO_MS = 30;
const AVI_AUDIO_MS = 80;

const SHORTEST_MS = 150;

/** One clip of a drawn camera, and what is wrong with it. */
export interface Judgement {
  about: string;
  why: string;
  faults: string[];
}

/** Draws a camera, asks the pipeline for some clips of it, and judges them by their frames, times and audio. */
export async function runDraw(seed: number): Promise<Judgement[]> {
  const drawn = drawCamera(seed);
  await using folder = await testFolder();
  const origin = join(folder.path, "origin");
  await mkdir(origin);
  const recordings = await makeRecordings(drawn, origin, EPOCH_MS);
  const spanMs = Math.max(...recordings.map(({ endMs }) => endMs)) - EPOCH_MS;
  const asked = drawn.asked.map(({ from, length, ...choices }, index) => {
    const fromMs = Math.round(EPOCH_MS + from * spanMs);
    const toMs = Math.round(fromMs + Math.max(SHORTEST_MS, length * spanMs));
    return { clipId: `clip-${index}`, ...choices, fromMs, toMs };
  });
  const answers = await askPipeline({ origin, scratch: folder.path }, recordings, asked);
  const [frames = 25, seconds = 1] = String(drawn.options.fps).split("/").map(Number);
  const slowest = Math.min(frames / seconds, drawn.otherFps ?? Number.POSITIVE_INFINITY);
  const hasAudio = drawn.audio !== "none";
  const usual = {
    recordings,
    intervalMs: 1000 / slowest,
    hasAudio,
    hasHole: drawn.hole !== undefined,
    epochMs: EPOCH_MS,
    audioMs: drawn.extension === "avi" ? AVI_AUDIO_MS : AUDIO_MS,
  };
  const judgements: Judgement[] = [];
  for (const { clipId, fromMs, toMs, precision, codec, gapPolicy } of asked) {
    const { told, why = "", path = "" } = answers.get(clipId) ?? {};
    const isMade = told?.status === "CLIP_AVAILABLE";
    // Frames that an edit list hides come out of decoders that copy times.
    const shown = isMade ? (await readFrameCodes(path, testFfmpeg)).filter(({ seconds: at }) => at > -0.0005) : [];
    const isOther = isMade && told.clip?.sha256 !== sha256(await readFile(path));
    const onsets = isMade && hasAudio ? await onsetsOf(path) : [];
    const faults = told
      ? judge({ ...usual, fromMs, toMs, gapPolicy, told, frames: shown, onsets })
      : ["nothing was told"];
    if (isOther) faults.push("its sha256 is another file's");
    const range = `${fromMs - EPOCH_MS}-${toMs - EPOCH_MS} ms`;
    judgements.push({
      about: `seed ${seed} ${precision} ${codec} ${gapPolicy} ${range}: ${JSON.stringify(drawn)}`,
      why,
      faults,
    });
  }
  return judgements;
}

/** Where beeps begin, seconds; none in a clip without audio. */
async function onsetsOf(path: string): Promise<number[]> {
  try {
    return (await readAudioOnsets(path, testFfmpeg)).map(({ seconds }) => seconds);
  } catch (error) {
    if (String(error).includes("matches no streams")) return [];
    throw error;
  }
}
