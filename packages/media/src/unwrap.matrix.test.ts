import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileSource, readMovie } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMediaEngine } from "./engine.ts";
import { makeRecording, type RecordingOptions, readAudioOnsets, readFrameCodes } from "./synthetic/index.ts";
import { unwrap } from "./unwrap.ts";

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "camclips-unwrap-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("an AVI, which stores no times, shows every frame at its own", () => {
  it.each<[string, Partial<RecordingOptions>, string[]]>([
    ["H.264", { bFrames: 0 }, ["-c", "copy"]],
    ["H.264 with B-frames", { bFrames: 3, gop: 20 }, ["-c", "copy"]],
    ["H.264 with B-frames in open GOPs", { bFrames: 3, gop: 20, openGop: true }, ["-c", "copy"]],
    ["H.264 with B-frames, some of which were left out", { bFrames: 3, stillSeconds: [5.03, 5.4] }, ["-c", "copy"]],
    ["MPEG-4 with B-frames, some left out", { codec: "mpeg4", bFrames: 2, stillSeconds: [5.03, 5.4] }, ["-c", "copy"]],
    ["H.264 in one long GOP, whose count of pictures turns over", { bFrames: 2, gop: 1000 }, ["-c", "copy"]],
    ["MPEG-4 with B-frames", { codec: "mpeg4", bFrames: 2 }, ["-c", "copy"]],
    ["H.264 with ADPCM, which no MP4 takes", { bFrames: 2 }, ["-c:v", "copy", "-c:a", "adpcm_ima_wav"]],
    ["Motion JPEG with PCM", {}, ["-c:v", "mjpeg", "-q:v", "3", "-c:a", "pcm_s16le"]],
  ])("%s", async (name, options, way) => {
    const base = join(folder, name.replaceAll(/\W/g, "-"));
    const { frames } = await makeRecording({
      path: `${base}.mp4`,
      startMs: 0,
      seconds: 12,
      width: 320,
      height: 180,
      ...options,
    });
    await run(testFfmpeg, ["-v", "error", "-i", `${base}.mp4`, ...way, `${base}.avi`]);
    const settings = { ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 30_000 };
    expect(await unwrap(`${base}.avi`, `${base}.out.mp4`, settings, { scratch: folder })).toEqual({
      lacksPackets: false,
      brokenSeconds: [],
    });
    const shown = await readFrameCodes(`${base}.out.mp4`);
    expect(shown.map(({ code, seconds }) => [code, Math.round(seconds * 1000)])).toEqual(
      frames.map(({ code, wallMs }) => [code, Math.round(wallMs)]),
    );
  });
});

it("an AVI of another writer that left frames out behind the first one, shows all others at their own times", async () => {
  const base = join(folder, "left-out");
  await makeRecording({ path: `${base}.mp4`, startMs: 0, seconds: 3, width: 320, height: 180 });
  const way = ["-an", "-c:v", "mjpeg", "-bsf:v", "noise=drop='between(n,1,3)'"];
  await run(testFfmpeg, ["-v", "error", "-i", `${base}.mp4`, ...way, `${base}.avi`]);
  const written = await readFile(`${base}.avi`);
  const settings = { ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 30_000 };
  await writeFile(`${base}.avi`, written.toString("latin1").replace("Lavf", "Cams"), "latin1");
  await unwrap(`${base}.avi`, `${base}.out.mp4`, settings, { scratch: folder });
  const shown = await readFrameCodes(`${base}.out.mp4`);
  const numbers = Array.from({ length: 75 }, (_, i) => i).filter((i) => i < 1 || i > 3);
  expect(shown.map(({ code, seconds }) => [code, Math.round(seconds * 25)])).toEqual(numbers.map((i) => [i, i]));
});

/** Where ffmpeg lets transport streams begin. */
const MPEGTS_START_SECONDS = 1.4;

describe("audio that MP4 and QuickTime have no name for", () => {
  const unwrapped = async (extension: string, ...encoder: string[]) => {
    const base = join(folder, `audio-${encoder.at(1)}`);
    await makeRecording({ path: `${base}.mp4`, startMs: 0, seconds: 4 });
    const way = ["-c:v", "copy", ...encoder, "-strict", "-2"];
    await run(testFfmpeg, ["-v", "error", "-i", `${base}.mp4`, ...way, `${base}.${extension}`]);
    const settings = { ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 30_000 };
    const told = await unwrap(`${base}.${extension}`, `${base}.out.mp4`, settings, { scratch: folder });
    return { told, base };
  };

  it.each([
    ["the PCM of AVCHD", "mts", ["-c:a", "pcm_bluray", "-ar", "48000", "-ac", "2", "-mpegts_m2ts_mode", "1"]],
    ["G.726", "avi", ["-c:a", "g726", "-ar", "8000", "-ac", "1"]],
    ["G.722", "mkv", ["-c:a", "g722", "-ar", "16000", "-ac", "1"]],
    ["MS ADPCM", "avi", ["-c:a", "adpcm_ms"]],
  ])("is decoded, and its seconds are heard as they come: %s", async (_, extension, encoder) => {
    const { told, base } = await unwrapped(extension, ...encoder);
    expect(told?.lostAudio).toBeUndefined();
    const startSeconds = extension === "mts" ? MPEGTS_START_SECONDS : 0;
    const onsets = (await readAudioOnsets(`${base}.out.mp4`)).map(({ seconds }) => seconds - startSeconds);
    const whole = onsets.filter((seconds) => seconds > 0.5);
    expect(whole.map((seconds) => Math.round(seconds))).toEqual([1, 2, 3]);
    for (const seconds of whole) expect(Math.abs(seconds - Math.round(seconds))).toBeLessThan(0.03);
  });

  it.each([
    ["s302m", "ts", ["-c:a", "s302m", "-ar", "48000", "-ac", "2"]],
    ["wavpack", "mkv", ["-c:a", "wavpack"]],
    ["dts", "ts", ["-c:a", "dca", "-ar", "48000", "-ac", "2"]],
  ])("is named where it cannot be decoded: %s", async (name, extension, encoder) => {
    const { told } = await unwrapped(extension, ...encoder);
    expect(told?.lostAudio).toBe(name);
  });
});

describe("MPEG-TS of 12 frames a second, whose intervals are no whole milliseconds,", () => {
  it("shows its last frame, and every frame at its own time, whatever all are moved by", async () => {
    const base = join(folder, "twelve");
    const { frames } = await makeRecording({ path: `${base}.mp4`, startMs: 0, seconds: 6, fps: 12, bFrames: 2 });
    const uneven = ["-video_track_timescale", "1000", `${base}.uneven.mp4`];
    await run(testFfmpeg, ["-v", "error", "-i", `${base}.mp4`, "-an", "-c", "copy", ...uneven]);
    const shift = ["-output_ts_offset", "7.00037"];
    await run(testFfmpeg, ["-v", "error", "-i", `${base}.uneven.mp4`, "-c", "copy", ...shift, `${base}.ts`]);
    const settings = { ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 30_000 };
    const options = { scratch: folder, laterSeconds: 120 };
    expect(await unwrap(`${base}.ts`, `${base}.out.mp4`, settings, options)).toMatchObject({ lacksPackets: false });
    const [own, shown] = await Promise.all([readFrameCodes(`${base}.ts`), readFrameCodes(`${base}.out.mp4`)]);
    expect(shown.map(({ code }) => code)).toEqual(frames.map(({ code }) => code));
    const off = shown.map(({ seconds }, index) => Math.abs(seconds - 120 - (own[index]?.seconds ?? 0)));
    expect(Math.max(...off)).toBeLessThan(0.0001);
  });
});

const PACKET_BYTES = 188;

/** The packets of a transport stream, and the PID of each. */
async function packetsOf(path: string): Promise<{ bytes: Buffer; pid: number }[]> {
  const whole = await readFile(path);
  return Array.from({ length: whole.length / PACKET_BYTES }, (_, i) => {
    const bytes = whole.subarray(i * PACKET_BYTES, (i + 1) * PACKET_BYTES);
    return { bytes, pid: bytes.readUInt16BE(1) & 0x1fff };
  });
}

it.each([
  ["never comes", Number.POSITIVE_INFINITY, 0],
  ["comes late", 12, 1],
])("MPEG-TS is shown whose tables announce audio that %s", async (name, fromSeconds, tracks) => {
  const base = join(folder, name.replaceAll(" ", "-"));
  await makeRecording({ path: `${base}.mp4`, startMs: 0, seconds: 15, width: 320, height: 180 });
  await run(testFfmpeg, ["-v", "error", "-i", `${base}.mp4`, "-c", "copy", `${base}.ts`]);
  const packets = await packetsOf(`${base}.ts`);
  const audio = packets.flatMap(({ pid }, i) => (pid === 0x101 ? [i] : []));
  const first = audio[Math.floor((audio.length * fromSeconds) / 15)] ?? packets.length;
  const left = packets.filter(({ pid }, i) => pid !== 0x101 || i >= first);
  await writeFile(`${base}.ts`, Buffer.concat(left.map(({ bytes }) => bytes)));
  const settings = { ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 30_000 };
  expect(await unwrap(`${base}.ts`, `${base}.out.mp4`, settings, { scratch: folder })).toBeDefined();
  expect(await readFrameCodes(`${base}.out.mp4`)).toHaveLength(15 * 25);
  await using file = await fileSource(`${base}.out.mp4`);
  const heard = (await readMovie(file)).tracks.filter(
    ({ handler, samples }) => handler === "soun" && samples.count > 0,
  );
  expect(heard).toHaveLength(tracks);
});

it("MPEG-TS of which packets were lost is not copied: no frame of the clip is half of one", async () => {
  const base = join(folder, "lost");
  const { frames } = await makeRecording({ path: `${base}.mp4`, startMs: 0, seconds: 6, bFrames: 2, gop: 25 });
  await run(testFfmpeg, ["-v", "error", "-i", `${base}.mp4`, "-c", "copy", `${base}.ts`]);
  const left = (await packetsOf(`${base}.ts`)).filter((_, i) => i % 297 !== 50);
  await writeFile(`${base}.ts`, Buffer.concat(left.map(({ bytes }) => bytes)));
  const media = createMediaEngine({ ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 30_000 });
  const unwrapped = await media.unwrap(`${base}.ts`, `${base}.out.mp4`, { scratch: folder, laterSeconds: 120 });
  expect(unwrapped).toMatchObject({ lacksPackets: true });
  const part = { fromMs: 121_440, toMs: 124_900 };
  const source = { path: `${base}.out.mp4`, zeroMs: 0, ...part, ...unwrapped };
  const range = { startMs: part.fromMs, endMs: part.toMs, gapPolicy: "SKIP_GAPS", precision: "smart" } as const;
  const job = { sources: [source], ...range, joinToleranceMs: 1000, output: `${base}.clip.mp4` };
  const report = await media.renderClip(job, { scratch: folder });
  expect(report).toMatchObject({
    precision: "exact",
    why: expect.stringContaining("packets of a recording were lost"),
  });
  const known = new Set<number | null>(frames.map(({ code }) => code));
  const shown = await readFrameCodes(job.output);
  expect(shown.filter(({ code }) => !known.has(code))).toEqual([]);
  expect(shown.length).toBeGreaterThan(40);
});

it("MPEG-TS of which a packet was lost shows no frame that may refer to it, whatever decoders conceal", async () => {
  const base = join(folder, "one-lost");
  const options = { seconds: 6, gop: 50, kbps: 3000, width: 640, height: 360 };
  await makeRecording({ path: `${base}.mp4`, startMs: 0, ...options });
  await run(testFfmpeg, ["-v", "error", "-i", `${base}.mp4`, "-c", "copy", `${base}.ts`]);
  const packets = await packetsOf(`${base}.ts`);
  const isStart = ({ bytes }: { bytes: Buffer }) => (bytes.readUInt8(1) & 0x40) !== 0;
  const video = packets.filter(({ pid }) => pid === 0x100);
  const starts = video.flatMap((packet, i) => (isStart(packet) ? [i] : []));
  // The 64th frame, the 14th behind a keyframe.
  const [first = 0, end = 0] = starts.slice(63, 65);
  const lost = video[Math.floor((first + end) / 2)];
  expect(end - first).toBeGreaterThan(4);
  await writeFile(`${base}.ts`, Buffer.concat(packets.filter((packet) => packet !== lost).map(({ bytes }) => bytes)));
  const media = createMediaEngine({ ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 30_000 });
  const unwrapped = await media.unwrap(`${base}.ts`, `${base}.out.mp4`, { scratch: folder, laterSeconds: 120 });
  const broken = unwrapped?.brokenSeconds ?? [];
  expect(broken).toHaveLength(1);
  const zeroMs = (broken[0] ?? 0) * 1000 - 63 * 40;
  const source = { path: `${base}.out.mp4`, zeroMs: -zeroMs, fromMs: 1000, toMs: 5000, ...unwrapped };
  const range = { startMs: 1000, endMs: 5000, gapPolicy: "SKIP_GAPS", precision: "exact" } as const;
  const job = { sources: [source], ...range, joinToleranceMs: 1000, output: `${base}.clip.mp4` };
  await media.renderClip(job, { scratch: folder });
  const codes = new Set((await readFrameCodes(job.output)).map(({ code }) => code));
  const numbers = Array.from({ length: 100 }, (_, i) => 25 + i);
  const missing = numbers.filter((code) => !codes.has(code));
  expect(missing).toEqual(expect.arrayContaining(numbers.slice(63 - 25, 100 - 25)));
  // Of what a decoder complains of, some frames before it may be damaged, too.
  expect(missing.filter((code) => code < 60 || code >= 100)).toEqual([]);
});

describe("MPEG-TS of which one time is damaged", () => {
  /** The frames that an MP4 shows of a transport stream of which one bit is another; `field`: 0 for PTS, 1 for DTS. */
  async function shownOf(bFrames: number, damage?: { hasDts: boolean; field: 0 | 1; bit: number }) {
    const base = join(folder, `times-${bFrames}`);
    const { frames } = await makeRecording({ path: `${base}.mp4`, startMs: 0, seconds: 6, bFrames, gop: 25 });
    await run(testFfmpeg, ["-v", "error", "-y", "-i", `${base}.mp4`, "-c", "copy", `${base}.ts`]);
    const packets = await packetsOf(`${base}.ts`);
    const headers = packets.flatMap(({ pid, bytes }) =>
      pid === 0x100 && bytes.readUInt8(1) & 0x40 ? [pesOf(bytes)] : [],
    );
    const near = headers.slice(60).find((pes) => pes.readUInt8(7) >> 6 === (damage?.hasDts ? 3 : 2));
    const at = 9 + 5 * (damage?.field ?? 0) + 1;
    if (damage) near?.writeUInt8(near.readUInt8(at + damage.bit) ^ 0x80, at + damage.bit);
    await writeFile(`${base}.ts`, Buffer.concat(packets.map(({ bytes }) => bytes)));
    const settings = { ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 30_000 };
    await unwrap(`${base}.ts`, `${base}.out.mp4`, settings, { scratch: folder, laterSeconds: 120 });
    const shown = await readFrameCodes(`${base}.out.mp4`);
    expect(shown.map(({ code }) => code)).toEqual(frames.map(({ code }) => code));
    return shown.map(({ seconds }) => seconds);
  }
  const pesOf = (packet: Buffer) => packet.subarray(packet.indexOf(Buffer.from([0, 0, 1, 0xe0])));

  it.each([
    ["by 1.7 h, without B-frames", 0, { hasDts: false, field: 0, bit: 0 }],
    ["by 23 s, without B-frames", 0, { hasDts: false, field: 0, bit: 1 }],
    ["by 0.2 s, without B-frames", 0, { hasDts: false, field: 0, bit: 2 }],
    ["by 23 s, of a B-frame", 2, { hasDts: false, field: 0, bit: 1 }],
    ["by 23 s, when a frame is decoded", 2, { hasDts: true, field: 1, bit: 1 }],
  ] as const)("shows every frame at its own: %s", async (_, bFrames, damage) => {
    const [own, shown] = [await shownOf(bFrames), await shownOf(bFrames, damage)];
    const off = shown.map((seconds, i) => Math.abs(seconds - (own[i] ?? 0)));
    expect(Math.max(...off)).toBeLessThan(0.001);
  });
});

it("MPEG-TS whose times go back is not shown as a picture that stands", async () => {
  const base = join(folder, "back");
  await makeRecording({ path: `${base}.mp4`, startMs: 0, seconds: 3 });
  await run(testFfmpeg, ["-v", "error", "-i", `${base}.mp4`, "-c", "copy", `${base}.ts`]);
  const once = await readFile(`${base}.ts`);
  await writeFile(`${base}.ts`, Buffer.concat([once, once]));
  const settings = { ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 30_000 };
  const unwrapped = unwrap(`${base}.ts`, `${base}.out.mp4`, settings, { scratch: folder, laterSeconds: 120 });
  await expect(unwrapped).rejects.toThrow(/the times of its frames go back by 2\.\d s/);
});
