import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Camera, readAudioOnsets, readFrameCodes } from "@camclips/media/synthetic";
import { runFfmpeg } from "../../packages/media/src/ffmpeg/run-ffmpeg.ts";
import { FPS } from "./recordings.ts";

export interface Quality {
  frames: number;
  expectedFrames: number;
  /** The frames are those of the range, in order, none twice. */
  exact: boolean;
  /** Where the first frame stands in the file. */
  firstFrameSeconds: number;
  /** How far the audio is from the picture at worst. Undefined without audio. */
  audioLagMs: number | undefined;
  /** Of the frames that are not bit-exact copies, against the recordings; undefined when all are copies. */
  psnrDb: number | undefined;
  copiedFrames: number;
}

export async function judge(
  clip: string,
  camera: Camera,
  startMs: number,
  endMs: number,
  ffmpeg: string,
): Promise<Quality> {
  const expected = camera.frames.filter(({ wallMs }) => wallMs >= startMs - 0.5 && wallMs < endMs - 0.5);
  const shown = await readFrameCodes(clip, ffmpeg);
  const exact = shown.length === expected.length && shown.every(({ code }, index) => code === expected[index]?.code);
  return {
    frames: shown.length,
    expectedFrames: expected.length,
    exact,
    firstFrameSeconds: shown[0]?.seconds ?? 0,
    audioLagMs: await audioLag(clip, shown, ffmpeg),
    ...(exact ? await compare(clip, camera, startMs, endMs, ffmpeg) : { psnrDb: undefined, copiedFrames: 0 }),
  };
}

/** A burst sounds at a whole second: the frame that is shown with it says how far it is off. */
async function audioLag(clip: string, shown: { code: number | null; seconds: number }[], ffmpeg: string) {
  const lags = (await readAudioOnsets(clip, ffmpeg)).map(({ seconds }) => {
    const frame = shown.findLast((other) => other.seconds <= seconds + 1e-4);
    if (frame === undefined || frame.code === null) return 0;
    const camera = frame.code / FPS + seconds - frame.seconds;
    return Math.abs(camera - Math.round(camera)) * 1000;
  });
  return lags.length === 0 ? undefined : Math.max(...lags);
}

/** Decodes the clip and the same part of the recordings side by side. */
async function compare(clip: string, camera: Camera, startMs: number, endMs: number, ffmpeg: string) {
  const folder = await mkdtemp(join(tmpdir(), "camclips-bench-"));
  const parts = camera.recordings.filter((part) => part.startMs < endMs && part.endMs > startMs);
  const inputs = parts.flatMap((part) => {
    const from = (Math.max(startMs, part.startMs) - part.startMs) / 1000;
    const to = (Math.min(endMs, part.endMs) - part.startMs) / 1000;
    return ["-ss", from.toFixed(3), "-t", (to - from).toFixed(3), "-i", part.path];
  });
  const pads = parts.map((_, index) => `[${index + 1}:v]`).join("");
  const graph = [
    `${pads}concat=n=${parts.length}:v=1,settb=1/${FPS},setpts=N[reference]`,
    `[0:v]settb=1/${FPS},setpts=N[clip]`,
    "[clip][reference]psnr=stats_file=psnr.log",
  ].join(";");
  try {
    const args = ["-v", "error", "-i", clip, ...inputs, "-filter_complex", graph, "-an", "-f", "null", "-"];
    await runFfmpeg({ ffmpeg, args, cwd: folder });
    return summarize(await readFile(join(folder, "psnr.log"), "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function summarize(log: string): Pick<Quality, "psnrDb" | "copiedFrames"> {
  const errors = [...log.matchAll(/mse_avg:([\d.]+)/g)].map((match) => Number(match[1]));
  const encoded = errors.filter((error) => error > 0);
  const mean = encoded.reduce((sum, error) => sum + error, 0) / encoded.length;
  return {
    psnrDb: encoded.length === 0 ? undefined : 10 * Math.log10(255 ** 2 / mean),
    copiedFrames: errors.length - encoded.length,
  };
}
