import { join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { makeRecording, type Recording } from "../synthetic/index.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52);
const RATE = 8000;
const shop = new Workshop();
let steady: Recording;
afterAll(() => shop.clear());

beforeAll(async () => {
  const made = await makeRecording({ path: join(await shop.folder, "made.mp4"), startMs, seconds: 8, gop: 25 });
  // No tone, but what a microphone hears in the wind: nothing of it fits anywhere else.
  const path = join(await shop.folder, "steady.mp4");
  const noise = ["-f", "lavfi", "-i", "anoisesrc=color=brown:seed=7:r=48000:d=8:a=0.5"];
  await ffmpeg("-i", made.path, ...noise, "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", path);
  steady = { ...made, path };
});

/** The same packets with other times, as a bit stream filter's expression gives them. */
async function withTimes(name: string, times: string): Promise<Recording> {
  const path = join(await shop.folder, `${name}.mp4`);
  await ffmpeg("-i", steady.path, "-c", "copy", "-bsf:a", `setts=ts='${times}'`, path);
  return { ...steady, path };
}

describe("packets that were stamped when they arrived", () => {
  it.each(["smart", "exact", "fast"] as const)("sound as they were recorded: %s", async (precision) => {
    const recording = await withTimes("jitter", "PTS-64*mod(N,15)");
    const { path } = await shop.render(jobOf([recording], startMs + 1200, startMs + 6200, { precision }));
    const [clip, whole] = [await decoded(path), await decoded(steady.path)];
    for (const seconds of [0.4, 1.1, 1.8, 2.5, 3.2, 4.2]) {
      const { fit, lagMs } = placed(clip, whole, seconds, 1.2);
      expect(fit, `at ${seconds} s`).toBeGreaterThan(0.9);
      expect(Math.abs(lagMs), `at ${seconds} s`).toBeLessThan(30);
    }
  });
});

describe("a packet that was lost", () => {
  it.each(["smart", "exact"] as const)("leaves what follows it in its place: %s", async (precision) => {
    const recording = await withTimes("lost", "PTS+1024*gte(N,150)");
    const { path } = await shop.render(jobOf([recording], startMs + 1200, startMs + 6200, { precision }));
    const [clip, whole] = [await decoded(path), await decoded(steady.path)];
    expect(Math.abs(placed(clip, whole, 0.5, 1.2).lagMs)).toBeLessThan(2);
    const { fit, lagMs } = placed(clip, whole, 3.5, 1.2);
    expect(fit).toBeGreaterThan(0.9);
    expect(Math.abs(lagMs - 1000 * (1024 / 48_000))).toBeLessThan(2);
  });
});

function ffmpeg(...args: string[]): Promise<string> {
  return runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-y", ...args] });
}

/** Decoded as players do, one packet after another, whatever their times are. */
async function decoded(path: string): Promise<Float64Array> {
  const chunks: Uint8Array[] = [];
  const args = ["-v", "error", "-i", path, "-vn", "-af", "lowpass=f=2000", "-ac", "1", "-ar", String(RATE)];
  await runFfmpeg({
    ffmpeg: testFfmpeg,
    args: [...args, "-f", "s16le", "-c:a", "pcm_s16le", "pipe:1"],
    onOutput: (chunk) => void chunks.push(chunk),
  });
  const bytes = Buffer.concat(chunks);
  return Float64Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(i * 2));
}

/** Where 0.3 s of a clip that begins at `from` of the whole fit best, and how well. */
function placed(clip: Float64Array, whole: Float64Array, seconds: number, from: number) {
  const [at, length, around] = [Math.round(seconds * RATE), 0.3 * RATE, 0.08 * RATE];
  const own = clip.subarray(at, at + length);
  let best = { fit: -1, lagMs: 0 };
  for (let lag = -around; lag <= around; lag++) {
    const start = at + Math.round(from * RATE) - lag;
    const fit = correlation(own, whole.subarray(start, start + length));
    if (fit > best.fit) best = { fit, lagMs: (1000 * lag) / RATE };
  }
  return best;
}

function correlation(some: Float64Array, others: Float64Array): number {
  let [product, a, b] = [0, 0, 0];
  for (const [i, x] of some.entries()) {
    const y = others[i] ?? 0;
    product += x * y;
    a += x * x;
    b += y * y;
  }
  return product / Math.sqrt(a * b || 1);
}
