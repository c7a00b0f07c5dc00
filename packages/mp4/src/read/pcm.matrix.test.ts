import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { ffmpeg, memorySource, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sliceRecording } from "../slice/slice-recording.ts";
import { box, fullBox, u16, u32 } from "../write/write-boxes.ts";
import { firstTrack, presentedRange } from "./movie.ts";
import { readMovie } from "./read-movie.ts";

const run = promisify(execFile);
let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchFolder();
});
afterAll(() => scratch[Symbol.asyncDispose]());

const VIDEO = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=10:duration=20"];
/** A ramp in pitch: no two places sound alike. */
const audio = (rate: number, channels: number) => {
  const value = "0.4*sin(2*PI*(200*t+20*t*t))";
  return ["-f", "lavfi", "-i", `aevalsrc='${Array(channels).fill(value).join("|")}':s=${rate}:d=20`];
};
const CODED = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10"];

async function make(codec: string, rate: number, channels: number, ...output: string[]): Promise<Buffer> {
  const path = scratch.path(`${codec}-${rate}-${channels}${output.length}.mov`);
  await ffmpeg(...VIDEO, ...audio(rate, channels), ...CODED, "-c:a", codec, ...output, "-f", "mov", path);
  return readFile(path);
}

async function samplesOf(bytes: Uint8Array, fromSeconds: number, toSeconds: number): Promise<Buffer> {
  const path = scratch.path("decoded.mov");
  await writeFile(path, bytes);
  const cut = `aresample=async=1:first_pts=0,atrim=start=${fromSeconds}:end=${toSeconds}`;
  const args = ["-v", "error", "-i", path, "-map", "0:a", "-af", cut, "-f", "s16le", "-ac", "1", "-ar", "8000", "-"];
  return (await run(testFfmpeg, args, { encoding: "buffer", maxBuffer: 1 << 26 })).stdout;
}

describe("PCM audio", () => {
  it.each([
    ["pcm_alaw", 8000, 1],
    ["pcm_mulaw", 8000, 2],
    ["pcm_s16le", 48_000, 2],
    ["pcm_s16be", 44_100, 1],
    ["pcm_s24le", 48_000, 2],
    ["pcm_s24be", 16_000, 1],
    ["pcm_s32le", 8000, 1],
    ["pcm_f32le", 22_050, 2],
    ["pcm_u8", 8000, 1],
    // Their tables have an entry for each frame, too, though they are coded in packets of many.
    ["adpcm_ms", 22_050, 1],
    ["adpcm_ima_wav", 44_100, 2],
  ])("is read in blocks, and a slice of it sounds as its recording: %s %d Hz, %d channels", async (...format) => {
    const file = await make(...format);
    const track = firstTrack(await readMovie(memorySource(file)), "soun");
    const [, rate] = format;
    expect(track?.samples.count).toBeLessThan(22 * (rate / 1024) + 120);
    expect(track && presentedRange(track)?.endSeconds).toBeCloseTo(20, 1);
    const slice = await sliceRecording(memorySource(file), "a.mov", { fromSeconds: 7.3, toSeconds: 11.7 });
    const bytes = Buffer.concat(await Array.fromAsync(slice.chunks()));
    const [from, to] = [7.4 - slice.zeroSeconds, 11.6 - slice.zeroSeconds];
    const [own, whole] = [await samplesOf(bytes, from, to), await samplesOf(file, 7.4, 11.6)];
    expect(Math.abs(own.length - whole.length)).toBeLessThan(8);
    let [difference, energy] = [0, 0];
    for (let at = 0; at + 2 <= Math.min(own.length, whole.length); at += 2) {
      difference += (own.readInt16LE(at) - whole.readInt16LE(at)) ** 2;
      energy += whole.readInt16LE(at) ** 2;
    }
    expect(energy).toBeGreaterThan(0);
    // The resampler starts elsewhere; the ramp would differ wholly one sample away.
    expect(difference / energy).toBeLessThan(0.02);
  });

  it("is read in blocks out of fragments that have a sample for every frame", async () => {
    const file = await make("pcm_s16le", 48_000, 1, "-movflags", "frag_keyframe+empty_moov+default_base_moof");
    const usual = firstTrack(await readMovie(memorySource(file)), "soun");
    const single = firstTrack(await readMovie(memorySource(withSingleFrames(file))), "soun");
    expect(single?.samples.count).toBeLessThan(1200);
    expect(single && presentedRange(single)).toEqual(usual && presentedRange(usual));
  });

  it.each([
    ["pcm_s16be", 16, false],
    ["pcm_s16le", 16, true],
    ["pcm_s24be", 24, false],
    ["pcm_s24le", 24, true],
    ["pcm_s32le", 32, true],
  ] as const)("of ISO/IEC 23003-5 (ipcm) is heard: %s", async (codec, bits, littleEndian) => {
    const file = await make(codec, 16_000, 2);
    const odd = withAudioEntry(file, [
      ...[u32(0), u16(0, 1), u32(0, 0), u16(2, bits, 0, 0), u32(16_000 * 65_536)],
      fullBox("pcmC", 0, 0, Uint8Array.of(littleEndian ? 1 : 0, bits)),
    ]);
    const sliced = async (bytes: Uint8Array) => {
      const slice = await sliceRecording(memorySource(bytes), "a.mp4", { fromSeconds: 3, toSeconds: 5 });
      return samplesOf(Buffer.concat(await Array.fromAsync(slice.chunks())), 0, 2);
    };
    const [own, usual] = [await sliced(odd), await sliced(file)];
    expect(own.length).toBeGreaterThan(30_000);
    expect(own.equals(usual)).toBe(true);
  });
});

/** A file whose index stands last, with `ipcm` and `fields` in place of its audio's sample entry. */
function withAudioEntry(bytes: Buffer, fields: Uint8Array[], isAudio = false): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + size);
    const audio = isAudio || (type === "trak" && body.includes("soun"));
    if (["moov", "trak", "mdia", "minf", "stbl"].includes(type))
      parts.push(box(type, withAudioEntry(body, fields, audio)));
    else if (type === "stsd" && audio) parts.push(fullBox("stsd", 0, 0, u32(1), box("ipcm", ...fields)));
    else parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return Buffer.concat(parts);
}

/** Rewrites every audio trun as packagers write PCM: defaults in tfhd, a count in trun, and nothing for each frame. */
function withSingleFrames(file: Buffer): Buffer {
  const rewrite = (bytes: Buffer, audio = false): Buffer => {
    const parts: Buffer[] = [];
    for (let at = 0; at + 8 <= bytes.length; ) {
      const size = bytes.readUInt32BE(at);
      const type = bytes.toString("latin1", at + 4, at + 8);
      let body = bytes.subarray(at + 8, at + size);
      if (type === "traf") body = rewrite(body, body.readUInt32BE(body.indexOf("tfhd") + 8) === 2);
      else if (type === "moof") body = rewrite(body);
      else if (type === "tfhd" && audio) {
        const fields = [0x20000 | 0x8 | 0x10, 2, 1, 2];
        body = Buffer.concat(fields.map((value) => Buffer.from(Uint32Array.of(value).buffer).swap32()));
      } else if (type === "trun" && audio) body = singleFrames(body);
      const head = Buffer.alloc(8);
      head.writeUInt32BE(body.length + 8);
      head.write(type, 4, "latin1");
      parts.push(head, body);
      at += size;
    }
    return Buffer.concat(parts);
  };
  return rewrite(file);
}

/** Sizes are the only fields of ffmpeg's audio truns that count here: two bytes are a frame. */
function singleFrames(trun: Buffer): Buffer {
  const flags = trun.readUInt32BE(0) & 0xffffff;
  const count = trun.readUInt32BE(4);
  const [firstFlags, duration, size] = [flags & 0x4 ? 4 : 0, flags & 0x100 ? 4 : 0, flags & 0x200 ? 4 : 0];
  const step = duration + size + (flags & 0x400 ? 4 : 0) + (flags & 0x800 ? 4 : 0);
  let bytes = 0;
  for (let i = 0; i < count; i++) bytes += size ? trun.readUInt32BE(12 + firstFlags + i * step + duration) : 2048;
  return Buffer.concat(
    [0x1, bytes / 2, trun.readInt32BE(8)].map((value) => Buffer.from(Int32Array.of(value).buffer).swap32()),
  );
}
