import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileSource, OutsideMediaError } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { counted, memorySource } from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTimeline, sliceRecording } from "./index.ts";

const run = promisify(execFile);
const MINUTE = [
  "-f",
  "lavfi",
  "-i",
  "testsrc2=size=320x180:rate=25:duration=60",
  "-f",
  "lavfi",
  "-i",
  "sine=duration=60",
];
const ENCODED = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "400k", "-c:a", "aac", "-threads", "1"];
const SPS = Buffer.from([0, 0, 1, 0x67]);
const PPS = Buffer.from([0, 0, 1, 0x68]);
let folder: string;

async function make(name: string, output: string[]): Promise<string> {
  const path = join(folder, name);
  const input = ["-i", join(folder, "minute.mp4"), "-map", "0", "-c", "copy"];
  await run(testFfmpeg, ["-v", "error", "-y", ...input, ...output, path]);
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "camclips-containers-"));
  await run(testFfmpeg, ["-v", "error", ...MINUTE, ...ENCODED, join(folder, "minute.mp4")]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a recording of another container", () => {
  it("tells where its video begins and ends, from its first frame on", async () => {
    for (const [name, output] of [
      ["a1.ts", ["-output_ts_offset", "50000"]],
      ["a1.mkv", ["-live", "1"]],
    ] as const) {
      await using file = await fileSource(
        await make(name, ["-f", name === "a1.ts" ? "mpegts" : "matroska", ...output]),
      );
      const { starts, media } = (await readTimeline(file, name)) ?? {};
      expect(starts).toEqual({ videoSeconds: 0, firstSeconds: 0 });
      expect(media?.startSeconds).toBe(0);
      expect(media?.endSeconds).toBeCloseTo(60, 2);
      const beside = sliceRecording(file, name, { fromSeconds: 61, toSeconds: 62 });
      await expect(beside).rejects.toThrow(OutsideMediaError);
    }
  });

  it("begins with its first frame where its audio does so earlier by what reordering takes, and with its audio where it does much earlier", async () => {
    const [pictures, sound] = ["testsrc2=size=64x36:rate=5:duration=6", "sine=duration=6"];
    const x264 = ["-c:v", "libx264", "-bf", "3", "-g", "5", "-x264-params", "scenecut=0:b-adapt=0", "-c:a", "aac"];
    const encode = (lateSeconds: string, ...output: string[]) => {
      const late = ["-itsoffset", lateSeconds, "-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", sound];
      return run(testFfmpeg, [
        "-v",
        "error",
        ...late,
        ...x264,
        ...output.map((name) => name.replace("/", `${folder}/`)),
      ]);
    };
    for (const format of ["ts", "mkv"]) {
      const segments = ["-f", "segment", "-segment_time", "2", "-segment_time_delta", "0.05"];
      await encode("0", ...segments, `/cut-%d.${format}`);
      await encode("1", `/late.${format}`);
      await using cut = await fileSource(join(folder, `cut-1.${format}`));
      expect((await readTimeline(cut, "cut"))?.starts, format).toEqual({ videoSeconds: 0, firstSeconds: 0 });
      await using late = await fileSource(join(folder, `late.${format}`));
      expect((await readTimeline(late, "late"))?.starts?.videoSeconds, format).toBeGreaterThan(0.9);
    }
  });

  it.each(["libx264", "libx265"])(
    "ends with its last whole frame where it was never written to its end: %s",
    async (encoder) => {
      const path = join(folder, `${encoder}.ts`);
      const input = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=320x180:rate=25:duration=1",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=1",
      ];
      const video = ["-c:v", encoder, "-preset", "ultrafast", "-bf", "0", "-g", "25", "-b:v", "900k"];
      await run(testFfmpeg, [
        "-v",
        "error",
        ...input,
        ...video,
        "-c:a",
        "mp2",
        "-x265-params",
        "bframes=0:log-level=error",
        path,
      ]);
      const whole = await readFile(path);
      const packets = Array.from({ length: whole.length / 188 }, (_, i) => 188 * i);
      const isVideo = (at: number) => (whole.readUInt16BE(at + 1) & 0x1fff) === 0x100;
      const frames = packets.filter((at) => isVideo(at) && (whole.readUInt8(at + 1) & 0x40) !== 0);
      expect(frames).toHaveLength(25);
      const endOf = async (bytes: number) =>
        (await readTimeline(memorySource(whole.subarray(0, bytes)), path))?.media?.endSeconds;
      expect(await endOf(whole.length)).toBeCloseTo(1, 2);
      for (let frame = 5; frame < 25; frame++) {
        const own = packets.filter(
          (at) => isVideo(at) && at >= (frames[frame] ?? 0) && at < (frames[frame + 1] ?? whole.length),
        );
        // Within its first packet it has not begun; its last packet is whole.
        for (const at of own.slice(0, -1)) expect(await endOf(at + 100)).toBeCloseTo(frame / 25, 2);
        expect(await endOf((own.at(-1) ?? 0) + 188)).toBeCloseTo((frame + 1) / 25, 2);
      }
    },
  );

  it("is entered only where parameter sets are, when its stream holds any", async () => {
    const stream = await make("bare.h264", ["-an", "-f", "h264"]);
    const once = await readFile(stream);
    // ffmpeg repeats them before every IDR picture: all but the first ones become filler data.
    for (let at = once.indexOf(SPS, 1000); at >= 0; at = once.indexOf(SPS, at + 4)) once.writeUInt8(0x0c, at + 3);
    for (let at = once.indexOf(PPS, 1000); at >= 0; at = once.indexOf(PPS, at + 4)) once.writeUInt8(0x0c, at + 3);
    await writeFile(stream, once);
    const path = join(folder, "once.mkv");
    await run(testFfmpeg, ["-v", "error", "-r", "25", "-i", stream, "-c", "copy", path]);
    const bytes = await readFile(path);
    const whole = await sliceRecording(memorySource(bytes), "x", { fromSeconds: 40, toSeconds: 41 });
    expect(whole).toMatchObject({ method: "sliced" });
    expect(whole.bytes).toBeGreaterThan(0.6 * bytes.length);
    const usual = await readFile(await make("usual.mkv", []));
    const part = await sliceRecording(memorySource(usual), "x", { fromSeconds: 40, toSeconds: 41 });
    expect(part.bytes).toBeLessThan(0.2 * usual.length);
  });

  it("is found without its index where that is broken", async () => {
    const bytes = await readFile(await make("broken.mkv", ["-f", "matroska"]));
    const cues = bytes.lastIndexOf(Buffer.from("1c53bb6b", "hex"));
    for (let at = cues + 8; at < bytes.length; at++) if (bytes[at] === 0xf1) bytes.writeUInt8(0x7f, at + 2);
    const slice = await sliceRecording(memorySource(bytes), "broken.mkv", { fromSeconds: 30, toSeconds: 31 });
    expect(slice.method).toBe("sliced");
    expect(slice.bytes).toBeLessThan(bytes.length / 4);
  });

  it("is cut without a cover that comes before its picture", async () => {
    const path = join(folder, "cover.mkv");
    const cover = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=0.2"];
    const maps = ["-map", "0:v", "-map", "1", "-c", "copy", "-c:v:0", "mjpeg"];
    await run(testFfmpeg, ["-v", "error", ...cover, "-i", join(folder, "minute.mp4"), ...maps, path]);
    const bytes = await readFile(path);
    const slice = await sliceRecording(memorySource(bytes), "x", { fromSeconds: 40, toSeconds: 41 });
    expect(slice.bytes).toBeLessThan(bytes.length / 4);
    const [part, packets] = [join(folder, "part.mkv"), join(folder, "packets.txt")];
    await writeFile(part, Buffer.concat(await Array.fromAsync(slice.chunks())));
    await run(testFfmpeg, ["-v", "error", "-i", part, "-map", "0:v", "-c", "copy", "-f", "framecrc", packets]);
    const told = await readFile(packets, "utf8");
    expect(told).toContain("#codec_id 0: h264");
    expect(told).not.toContain("#codec_id 1");
  });

  /** When the frames of a slice are shown, on the recording's own timeline. */
  async function frameSeconds(bytes: Buffer, fromSeconds: number, toSeconds: number): Promise<number[]> {
    const slice = await sliceRecording(memorySource(bytes), "x", { fromSeconds, toSeconds });
    expect(slice).toMatchObject({ method: "sliced", media: { startSeconds: 0 } });
    const [part, packets] = [join(folder, "part.ts"), join(folder, "packets.txt")];
    await writeFile(part, Buffer.concat(await Array.fromAsync(slice.chunks())));
    await run(testFfmpeg, ["-v", "error", "-y", "-copyts", "-i", part, "-c", "copy", "-f", "framecrc", packets]);
    const lines = (await readFile(packets, "utf8")).split("\n").filter((line) => line.startsWith("0,"));
    return lines.map((line) => Number(line.split(",")[2]) / 90_000 + slice.zeroSeconds).toSorted((a, b) => a - b);
  }

  it.each([
    ["a long one, in the places that are looked at", ["-f", "mpegts"], 60],
    ["a short one, which is read whole", ["-t", "4", "-f", "mpegts"], 4],
    ["behind four bytes of arrival time", ["-t", "4", "-f", "mpegts", "-mpegts_m2ts_mode", "1"], 4],
  ])("goes on where the clock of its transport stream begins again: %s", async (_, output, seconds) => {
    const once = await readFile(await make("once", output));
    const thrice = Buffer.concat([once, once, once]);
    const { media } = (await readTimeline(memorySource(thrice), "x")) ?? {};
    expect(media?.endSeconds).toBeCloseTo(3 * seconds, 2);
    for (const fromSeconds of [0.5, seconds - 0.5, seconds + 1, 2 * seconds - 0.5, 2 * seconds + 1]) {
      const frames = await frameSeconds(thrice, fromSeconds, fromSeconds + 1);
      const shown = frames.filter((at) => at > fromSeconds - 0.01 && at < fromSeconds + 0.99);
      expect(shown).toHaveLength(25);
      for (const [i, at] of shown.entries()) expect(at - (shown[0] ?? 0)).toBeCloseTo(i / 25, 4);
    }
  });

  /** What tells the frames of a range from others, in the order in which they are shown. */
  async function framesIn(bytes: Buffer, fromSeconds: number, claimedSeconds: number[]): Promise<string[]> {
    const range = { fromSeconds, toSeconds: fromSeconds + 1 };
    const slice = await sliceRecording(memorySource(bytes), "x", range, undefined, claimedSeconds);
    const [part, packets] = [join(folder, "part.ts"), join(folder, "packets.txt")];
    await writeFile(part, Buffer.concat(await Array.fromAsync(slice.chunks())));
    await run(testFfmpeg, ["-v", "error", "-y", "-copyts", "-i", part, "-c", "copy", "-f", "framecrc", packets]);
    const frames = (await readFile(packets, "utf8")).split("\n").filter((line) => line.startsWith("0,"));
    return frames.flatMap((line) => {
      const [, , ticks, , , crc = ""] = line.split(",");
      const seconds = Number(ticks) / 90_000 + slice.zeroSeconds;
      return seconds > fromSeconds - 0.001 && seconds < fromSeconds + 0.999 ? [crc.trim()] : [];
    });
  }

  it("is looked through where its clock may begin again between the places that are looked at", async () => {
    const minute = await readFile(await make("minute.ts", ["-f", "mpegts"]));
    const shortly = await readFile(await make("shortly.ts", ["-t", "4", "-f", "mpegts"]));
    const both = Buffer.concat([shortly, minute]);
    const claimed = await readTimeline(memorySource(both), "x", undefined, [64]);
    expect(claimed?.media?.endSeconds).toBeCloseTo(64, 2);
    for (const seconds of [0.5, 10, 44]) {
      const frames = await framesIn(both, 4 + seconds, [64]);
      expect(frames).toHaveLength(25);
      expect(frames).toEqual(await framesIn(minute, seconds, [60]));
    }
    const source = counted(memorySource(minute));
    await readTimeline(source, "x", undefined, [50, 60.5]);
    expect(source.traffic.reads.reduce((sum, [start, end]) => sum + end - start, 0)).toBeLessThan(0.6 * minute.length);
  });

  it("ends where the next recording begins, when only the damaged time of its last frame says otherwise", async () => {
    const bytes = await readFile(await make("last.ts", ["-t", "4", "-an", "-f", "mpegts"]));
    const last = bytes.lastIndexOf(Buffer.from([0, 0, 1, 0xe0]));
    bytes.writeUInt8(bytes.readUInt8(last + 10) ^ 0x80, last + 10);
    const endOf = async (...claimed: number[]) =>
      (await readTimeline(memorySource(bytes), "x", undefined, claimed))?.media?.endSeconds;
    expect(await endOf(4)).toBeCloseTo(3.96, 2);
    expect(await endOf()).toBeGreaterThan(5000);
  });

  it("shows all frames where its streams get other PIDs, of which one was another stream's", async () => {
    const before = await readFile(await make("before.ts", ["-t", "4", "-f", "mpegts"]));
    const others = ["-mpegts_start_pid", "0x101"];
    const both = Buffer.concat([before, await readFile(await make("behind.ts", ["-t", "20", ...others]))]);
    const usual = await readFile(await make("usual.ts", ["-t", "20", "-f", "mpegts"]));
    const { media } = (await readTimeline(memorySource(both), "x", undefined, [24])) ?? {};
    expect(media?.endSeconds).toBeCloseTo(24, 2);
    for (const seconds of [0, 10])
      expect(await framesIn(both, 4 + seconds, [24])).toEqual(await framesIn(usual, seconds, []));
    expect(await readFile(join(folder, "packets.txt"), "utf8")).toContain("#codec_id 1: aac");
  });

  it("keeps audio that a later table of its streams brings", async () => {
    const before = await readFile(await make("mute.ts", ["-t", "4", "-an", "-f", "mpegts"]));
    const both = Buffer.concat([before, await readFile(await make("heard.ts", ["-t", "4", "-f", "mpegts"]))]);
    expect(await framesIn(both, 5, [8])).toHaveLength(25);
    expect(await readFile(join(folder, "packets.txt"), "utf8")).toContain("#codec_id 1: aac");
  });

  it.each([
    ["MPEG-2 video", ["-c:v", "mpeg2video", "-f", "mpegts"], /no video of H.264 or H.265 \(stream types 2, 15\)/],
    ["no video", ["-vn", "-f", "mpegts"], /no video of H.264 or H.265/],
    ["no video in Matroska", ["-vn", "-f", "matroska"], /no track of video/],
  ])("is copied whole where it holds %s", async (name, output, why) => {
    const bytes = await readFile(await make(`odd ${name}`, output));
    const slice = await sliceRecording(memorySource(bytes), "x", { fromSeconds: 1, toSeconds: 2 });
    expect(slice).toMatchObject({ method: "copied", why: expect.stringMatching(why) });
  });
});
