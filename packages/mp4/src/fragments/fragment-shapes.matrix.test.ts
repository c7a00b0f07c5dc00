import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { ffmpeg, makeRecording, memorySource, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstTrack, presentationSeconds } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { readTimeline } from "../slice/read-timeline.ts";
import { sliceRecording } from "../slice/slice-recording.ts";

const run = promisify(execFile);
let scratch: Scratch;
let recording: string;

beforeAll(async () => {
  scratch = await scratchFolder();
  recording = await makeRecording(scratch.path("a.mp4"), { seconds: 120, x264: "keyint=100:min-keyint=100:bframes=0" });
});
afterAll(() => scratch[Symbol.asyncDispose]());

async function remuxed(name: string, movflags: string, ...output: string[]): Promise<Buffer> {
  const flags = `${movflags}+empty_moov+default_base_moof`;
  await ffmpeg("-i", recording, "-c", "copy", "-movflags", flags, ...output, scratch.path(`${name}.mp4`));
  return readFile(scratch.path(`${name}.mp4`));
}

interface Fragment {
  /** moof and mdat. */
  bytes: Buffer;
  track: number;
}

/** A file whose fragments hold one track each, in another order. */
function reordered(file: Buffer, order: (fragments: Fragment[]) => Fragment[]): Buffer {
  const [head, fragments]: [Buffer[], Fragment[]] = [[], []];
  for (let at = 0; at + 8 <= file.length; ) {
    const bytes = file.subarray(at, at + file.readUInt32BE(at));
    const type = bytes.toString("latin1", 4, 8);
    const last = fragments.at(-1);
    if (type === "moof") fragments.push({ bytes, track: bytes.readUInt32BE(bytes.indexOf("tfhd") + 8) });
    else if (type === "mdat" && last) last.bytes = Buffer.concat([last.bytes, bytes]);
    else if (type !== "mfra") head.push(bytes);
    at += bytes.length;
  }
  return Buffer.concat([...head, ...order(fragments).map(({ bytes }) => bytes)]);
}

/** Audio of `every` video fragments together, before or behind them. */
const grouped = (every: number, audioFirst: boolean) => (fragments: Fragment[]) => {
  const [video, audio] = [1, 2].map((id) => fragments.filter(({ track }) => track === id));
  const result: Fragment[] = [];
  for (let at = 0; at < (video?.length ?? 0); at += every) {
    const [pictures, sounds] = [video, audio].map((list) => list?.slice(at, at + every) ?? []);
    result.push(...(audioFirst ? [...(sounds ?? []), ...(pictures ?? [])] : [...(pictures ?? []), ...(sounds ?? [])]));
  }
  return result;
};

/** Seconds of the slice in which a decoder hears the tone, by 10 ms windows, between the range's ends. */
async function heard(file: Buffer, fromSeconds: number, toSeconds: number): Promise<number> {
  const slice = await sliceRecording(memorySource(file), "a.mp4", { fromSeconds, toSeconds });
  const path = scratch.path("slice.mp4");
  await writeFile(path, Buffer.concat(await Array.fromAsync(slice.chunks())));
  const decode = [
    "-v",
    "error",
    "-i",
    path,
    "-map",
    "0:a",
    "-af",
    "aresample=async=1:first_pts=0",
    "-ac",
    "1",
    "-ar",
    "8000",
  ];
  const options = { encoding: "buffer", maxBuffer: 1 << 26 } as const;
  const { stdout } = await run(testFfmpeg, [...decode, "-f", "s16le", "-"], options);
  const from = Math.max(0, Math.round((fromSeconds - slice.zeroSeconds) * 8000));
  const to = Math.round((toSeconds - slice.zeroSeconds) * 8000);
  let windows = 0;
  for (let at = from; at + 80 <= to; at += 80) {
    const levels = Array.from({ length: 80 }, (_, i) =>
      (at + i) * 2 < stdout.length - 1 ? stdout.readInt16LE((at + i) * 2) : 0,
    );
    if (Math.max(...levels.map(Math.abs)) > 300) windows++;
  }
  return windows / 100;
}

const RANGES = [
  [12, 15],
  [0, 3],
  [17.9, 18.4],
  [21, 33],
  [61, 63],
  [92.5, 95.5],
  [116.5, 119.5],
] as const;

describe("fragments of one track each", () => {
  const shapes: [string, (file: Buffer) => Buffer][] = [
    ["as they are, with an index at the end", (file) => file],
    ["without an index", (file) => reordered(file, (fragments) => fragments)],
    ["audio before its pictures", (file) => reordered(file, grouped(1, true))],
    ["audio of three behind their pictures", (file) => reordered(file, grouped(3, false))],
    ["audio of three before their pictures", (file) => reordered(file, grouped(3, true))],
    ["audio of eight before their pictures", (file) => reordered(file, grouped(8, true))],
  ];
  it.each(shapes)("lose no audio: %s", async (_, shape) => {
    const file = shape(await remuxed("separate", "frag_keyframe+separate_moof"));
    for (const [from, to] of RANGES)
      expect(await heard(file, from, to), `${from}-${to}`).toBeGreaterThan(to - from - 0.06);
    const timeline = await readTimeline(memorySource(file), "a.mp4");
    expect(timeline?.media?.endSeconds).toBeCloseTo(120, 1);
  });

  it("lose no audio where a fragment is much longer than those before it", async () => {
    const path = scratch.path("growing.mp4");
    const inputs = ["testsrc=size=64x36:rate=25:duration=12", "sine=frequency=440:duration=12"];
    const encode = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "1000", "-force_key_frames", "1", "-c:a", "aac"];
    const flags = ["-movflags", "frag_keyframe+separate_moof+empty_moov+default_base_moof"];
    await ffmpeg(...inputs.flatMap((input) => ["-f", "lavfi", "-i", input]), ...encode, ...flags, path);
    expect(await heard(await readFile(path), 1.5, 4.5)).toBeGreaterThan(2.94);
  });

  it("lose no audio with a fragment for every frame", async () => {
    const file = await remuxed("frames", "frag_every_frame+skip_trailer");
    for (const [from, to] of RANGES)
      expect(await heard(file, from, to), `${from}-${to}`).toBeGreaterThan(to - from - 0.06);
  });
});

it("a fragment for every frame loses none right before a keyframe that comes sooner than usual", async () => {
  const soon = (time: string) => `${time}='${time.toUpperCase()}-not(mod(N,100))*gt(N,0)*0.012/TB'`;
  const file = await remuxed("soon", "frag_every_frame", "-an", "-bsf:v", `setts=${soon("pts")}:${soon("dts")}`);
  const slice = await sliceRecording(memorySource(file), "a.mp4", { fromSeconds: 11.955, toSeconds: 12.5 });
  expect(slice.beside?.frames).toBe(14);
  const movie = await readMovie(memorySource(Buffer.concat(await Array.fromAsync(slice.chunks()))), "slice.mp4");
  const video = firstTrack(movie, "vide");
  const seconds = Array.from({ length: video?.samples.count ?? 0 }, (_, i) =>
    video ? slice.zeroSeconds + presentationSeconds(video, i) : 0,
  );
  expect(seconds.filter((at) => at > 11.95 && at < 12).map((at) => at.toFixed(3))).toEqual(["11.960", "11.988"]);
});
