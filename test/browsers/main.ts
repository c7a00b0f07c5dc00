import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createMediaEngine } from "@camclips/core/media/ffmpeg";
import { type Camera, makeCamera } from "@camclips/core/media/testing";
import type { Browser } from "./browser.ts";
import { startChromium } from "./chromium.ts";
import { startFirefox } from "./firefox.ts";
import { lookExpression, readLook, type Seen } from "./page.ts";
import { serveClips } from "./serve.ts";

/** Every frame of clips that were cut over a join, as two real browsers show it: seeking to each, and playing. */

const FPS = 25;
const START_MS = Date.UTC(2018, 9, 31, 2, 52, 0, 0);
/** Both edges lie within a group of pictures: frames are encoded before the first keyframe and, with B-frames, at the end. */
const FROM_SECONDS = 1.52;
const TO_SECONDS = 6.44;
const FIRST_CODE = FROM_SECONDS * FPS;
const FRAMES = Math.round((TO_SECONDS - FROM_SECONDS) * FPS);

type Way = "exact" | "smart" | "fast";
/** Firefox ignores the edit list that makes a fast clip start at its frame: documented where `fast` is chosen. */
const looks: { way: Way; browsers: string[] }[] = [
  { way: "exact", browsers: ["chromium", "firefox"] },
  { way: "smart", browsers: ["chromium", "firefox"] },
  { way: "fast", browsers: ["chromium"] },
];

async function renderClip(folder: string, camera: Camera, way: Way): Promise<string> {
  const engine = createMediaEngine({ ffmpeg: process.env.FFMPEG_BIN ?? "ffmpeg", threads: 2, timeLimitMs: 120_000 });
  const [startMs, endMs] = [START_MS + FROM_SECONDS * 1000, START_MS + TO_SECONDS * 1000];
  const sources = camera.recordings.map(({ path, startMs: zeroMs, endMs: lastMs }) => {
    return { path, zeroMs, fromMs: Math.max(startMs, zeroMs), toMs: Math.min(endMs, lastMs) };
  });
  const output = join(folder, `${way}.mp4`);
  const job = {
    sources,
    startMs,
    endMs,
    gapPolicy: "SKIP_GAPS",
    joinToleranceMs: 1000,
    precision: way,
    output,
  } as const;
  const report = await engine.renderClip(job, { scratch: folder });
  if (report.precision !== way) throw new Error(`the clip was cut in the ${report.precision} way: ${report.why}`);
  return output;
}

/** Instants in the middle of every frame. */
const instants = Array.from({ length: FRAMES }, (_, index) => (index + 0.5) / FPS);

const codeAt = (seconds: number) => FIRST_CODE + Math.floor(seconds * FPS + 1e-3);

function wrongSeeks(seen: readonly Seen[]): string[] {
  return seen
    .filter(({ seconds, code }) => code !== codeAt(seconds))
    .map(
      ({ seconds, code }) => `seeking to ${seconds.toFixed(3)} s shows ${code ?? "no code"}, not ${codeAt(seconds)}`,
    );
}

/**
 * While it plays, a browser may announce a picture just before it is on the canvas: the one before it is right, too. But
 * none may come back, and none may lack its code.
 */
function wrongPictures(seen: readonly Seen[]): string[] {
  const wrong = seen.filter(({ seconds, code }, index) => {
    const before = seen[index - 1]?.code ?? FIRST_CODE;
    return code === null || code < before || Math.abs(code - codeAt(seconds)) > 1;
  });
  return wrong.map(({ seconds, code }) => {
    return `playing at ${seconds.toFixed(3)} s shows ${code ?? "no code"}, not ${codeAt(seconds)}`;
  });
}

async function lookAt(browser: Browser, origin: string, clip: string): Promise<string[]> {
  const answer = await browser.evaluate(origin, lookExpression(`${origin}/${basename(clip)}`, instants));
  const { seeked, played, duration } = readLook(answer);
  const wrong = [...wrongSeeks(seeked), ...wrongPictures(played)];
  if (played.length === 0) wrong.push("playing shows no picture");
  if (Math.abs(duration - FRAMES / FPS) > 0.1) wrong.push(`the clip lasts ${duration} s instead of ${FRAMES / FPS}`);
  const verdict = wrong.length === 0 ? "every frame right" : `${wrong.length} wrong`;
  console.log(
    `${browser.name}  ${basename(clip)}  ${seeked.length} seeks, ${played.length} pictures played: ${verdict}`,
  );
  return wrong;
}

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "camclips-browsers-"));
  const server = await serveClips(folder);
  const browsers: Browser[] = [];
  const wrong: string[] = [];
  try {
    const picture = { width: 320, height: 180, fps: FPS, gop: 50, bFrames: 2 };
    const camera = await makeCamera({
      folder,
      alias: "pier",
      startMs: START_MS,
      recordings: 2,
      seconds: 4,
      ...picture,
    });
    browsers.push(await startChromium(), await startFirefox());
    for (const { way, browsers: names } of looks) {
      const clip = await renderClip(folder, camera, way);
      for (const browser of browsers.filter(({ name }) => names.includes(name))) {
        wrong.push(...(await lookAt(browser, server.origin, clip)));
      }
    }
  } finally {
    server.close();
    for (const browser of browsers) await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
  for (const line of wrong) console.error(line);
  return wrong.length === 0 ? 0 : 1;
}

process.exitCode = await main();
