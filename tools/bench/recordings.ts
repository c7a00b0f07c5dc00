import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Camera, makeCamera, recordingName } from "@camclips/media/synthetic";
import { runFfmpeg } from "../../packages/media/src/ffmpeg/run-ffmpeg.ts";
import { GOP_RECORDING_FACTOR, LONG_FACTOR } from "./cases.ts";

export interface BenchSize {
  /** Of each of the two recordings. */
  seconds: number;
  width: number;
  height: number;
  kbps: number;
}

export const fullSize: BenchSize = { seconds: 600, width: 1920, height: 1080, kbps: 3000 };
export const quickSize: BenchSize = { seconds: 60, width: 640, height: 360, kbps: 800 };

export const FPS = 25;
export const KEYFRAME_SECONDS = 2;

const START_MS = Date.UTC(2018, 9, 31, 2, 50, 0, 0);

/** Two back-to-back recordings as a usual camera makes them: H.264 Main, 25 fps, a keyframe every 2 s. Made once, then kept. */
export async function benchCamera(root: string, size: BenchSize, ffmpeg: string): Promise<Camera> {
  const folder = join(root, `${size.width}x${size.height}-${size.seconds}s-${size.kbps}k`);
  return made(folder, "bench", size, { recordings: 2, keyframeSeconds: KEYFRAME_SECONDS, ffmpeg });
}

/** The same camera with another distance from keyframe to keyframe, and one recording for a clip of `seconds`. */
export async function gopCamera(folder: string, size: BenchSize, gop: number, seconds: number, ffmpeg: string) {
  const short = { ...size, seconds: GOP_RECORDING_FACTOR * seconds };
  return made(folder, `gop${gop}`, short, { recordings: 1, keyframeSeconds: gop, ffmpeg });
}

async function made(
  folder: string,
  alias: string,
  size: BenchSize,
  { recordings, keyframeSeconds, ffmpeg }: { recordings: number; keyframeSeconds: number; ffmpeg: string },
): Promise<Camera> {
  const list = join(folder, `${alias}.json`);
  const known = await readFile(list, "utf8").catch(() => undefined);
  if (known !== undefined) return JSON.parse(known);
  await mkdir(folder, { recursive: true });
  const camera = await makeCamera({
    ...size,
    folder,
    ffmpeg,
    alias,
    startMs: START_MS,
    recordings,
    fps: FPS,
    gop: FPS * keyframeSeconds,
    label: "BENCH",
    encoder: ["-profile:v", "main", "-maxrate", `${size.kbps * 1.5}k`, "-bufsize", `${size.kbps * 2}k`],
  });
  await writeFile(list, JSON.stringify(camera));
  return camera;
}

/** One recording with the first of the pair's content over and over, in one file; what follows goes for its every frame. */
export async function longCamera(root: string, pair: Camera, ffmpeg: string): Promise<Camera> {
  const [first] = pair.recordings;
  if (!first) throw new Error("no recordings");
  const lengthMs = first.endMs - first.startMs;
  const path = join(root, recordingName("long", first.startMs));
  const copies = Array.from({ length: LONG_FACTOR }, (_, copy) => copy * lengthMs);
  if (!(await stat(path).catch(() => undefined))) {
    const list = join(root, "long.txt");
    await writeFile(list, copies.map(() => `file '${first.path}'\n`).join(""));
    const input = ["-f", "concat", "-safe", "0", "-i", list];
    const made = `${path}.unfinished`;
    await runFfmpeg({
      ffmpeg,
      args: ["-v", "error", "-y", ...input, "-c", "copy", "-movflags", "+faststart", "-f", "mp4", made],
    });
    await rename(made, path);
  }
  const frames = copies.flatMap((shift) => first.frames.map(({ code, wallMs }) => ({ code, wallMs: wallMs + shift })));
  const recording = { ...first, path, endMs: first.startMs + LONG_FACTOR * lengthMs, frames };
  return { ...pair, alias: "long", recordings: [recording], frames };
}
