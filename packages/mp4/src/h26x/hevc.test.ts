import { readFile } from "node:fs/promises";
import { makeRecording, memorySource, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstTrack, type Track } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { bitsOf } from "./avc-config.ts";
import { findBrokenSample } from "./broken-sample.ts";
import { withEmulation, withoutEmulation } from "./emulation.ts";
import { HEVC_SETS, hevcSetId, hevcSets, readHevcConfig, readHevcSps, writeHevcConfig } from "./hevc-config.ts";
import { freeHevcIds, withHevcIds } from "./hevc-ids.ts";
import { nalUnits } from "./nal-units.ts";

let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchFolder();
});
afterAll(() => scratch[Symbol.asyncDispose]());

async function recording(name: string, x265: string, pixels = "yuv420p") {
  const encoder = ["-c:v", "libx265", "-x265-params", `log-level=none:${x265}`, "-tag:v", "hvc1", "-pix_fmt", pixels];
  const path = await makeRecording(scratch.path(`${name}.mp4`), { seconds: 1, audio: false, output: encoder });
  const bytes = await readFile(path);
  const video = firstTrack(await readMovie(memorySource(bytes)), "vide") as Track;
  const config = video.descriptions[0]?.video?.hevc;
  if (!config) throw new Error("no hvcC");
  return { bytes, video, config };
}

function samplesOf({ bytes, video }: { bytes: Buffer; video: Track }): Buffer[] {
  const { offset, size, count } = video.samples;
  return Array.from({ length: count }, (_, i) => bytes.subarray(offset[i], (offset[i] ?? 0) + (size[i] ?? 0)));
}

it("emulation prevention bytes are put back where they were", () => {
  const payloads = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 255), { maxLength: 60 });
  fc.assert(
    fc.property(payloads, (bytes) => {
      const payload = Uint8Array.from([...bytes, 128]);
      const nal = withEmulation(payload);
      expect(withoutEmulation(nal)).toEqual(payload);
      const text = Buffer.from(nal).toString("latin1");
      expect(["\0\0\0", "\0\0\x01", "\0\0\x02"].some((code) => text.includes(code))).toBe(false);
    }),
  );
});

describe("what hvcC holds", () => {
  it.each([
    ["Main", "yuv420p", { profile: 1, bitDepth: { luma: 8, chroma: 8 } }],
    ["Main 10", "yuv420p10le", { profile: 2, bitDepth: { luma: 10, chroma: 10 } }],
  ])("is read and written: %s", async (name, pixels, sps) => {
    const { config } = await recording(name, "bframes=0", pixels);
    const body = writeHevcConfig(config);
    expect(readHevcConfig(body)).toEqual(config);
    expect(config.nalLengthSize).toBe(4);
    const found = hevcSets(config, HEVC_SETS.sps).map(readHevcSps);
    expect(found).toMatchObject([{ ...sps, id: 0, chromaFormat: 1, interlaced: false }]);
  });

  it("is nothing where it is broken, which says nothing against the file", async () => {
    const { bytes } = await recording("broken", "bframes=0");
    const broken = Buffer.from(bytes);
    broken[broken.indexOf("hvcC") + 4 + 22] = 200;
    const video = firstTrack(await readMovie(memorySource(broken)), "vide");
    expect(video?.descriptions[0]?.video).toMatchObject({ width: 160, height: 90 });
    expect(video?.descriptions[0]?.video?.hevc).toBeUndefined();
  });
});

describe("other ids", () => {
  it("are those that a stream does not use", async () => {
    const { config } = await recording("ids", "bframes=0");
    const ids = freeHevcIds(config);
    expect(ids).toEqual({ vps: 1, pps: 16 });
    const others = { ...config, arrays: config.arrays.map((array) => renamed(array, ids ?? { vps: 0, pps: 0 })) };
    expect(freeHevcIds({ ...config, arrays: [...config.arrays, ...others.arrays] })).toBeUndefined();
  });

  function renamed<T extends { units: Uint8Array[] }>(array: T, ids: { vps: number; pps: number }): T {
    return { ...array, units: array.units.map((nal) => withHevcIds(nal, ids)) };
  }

  it("are all that changes in parameter sets and slices", async () => {
    const made = await recording("rewritten", "bframes=2:keyint=10");
    const slices = samplesOf(made).flatMap((sample) => [...nalUnits(sample)].map(({ bytes }) => bytes));
    for (const pps of [16, 21, 30]) {
      const ids = { vps: 3, pps };
      const sets = hevcSets(made.config).map((nal) => withHevcIds(nal, ids));
      expect(sets.map(hevcSetId)).toEqual([3, 15, pps]);
      expect(sets.map((nal) => withoutEmulation(nal).length)).toEqual(
        hevcSets(made.config).map((nal, i) => withoutEmulation(nal).length + i),
      );
      for (const slice of slices)
        expect(bitsBehindId(withHevcIds(slice, ids))).toEqual({ ...bitsBehindId(slice), pps });
    }
  });

  it("are refused to what has others already, or sub-layers", () => {
    expect(() => withHevcIds(Uint8Array.of(0x40, 1, 0x1c, 1), { vps: 1, pps: 16 })).toThrow("ids are not 0");
    expect(() => withHevcIds(Uint8Array.of(0x42, 1, 0x03, 1), { vps: 1, pps: 16 })).toThrow("ids are not 0");
    expect(() => withHevcIds(Uint8Array.of(0x44, 1, 0x5c, 1), { vps: 1, pps: 16 })).toThrow("ids are not 0");
    expect(() => withHevcIds(Uint8Array.of(0x02, 1, 0xa0, 1), { vps: 1, pps: 16 })).toThrow("ids are not 0");
  });
});

/** The flags before a slice's id, the id, and the bytes behind it, of which the first is shared with the id. */
function bitsBehindId(slice: Uint8Array) {
  const type = ((slice[0] ?? 0) >> 1) & 63;
  const bits = bitsOf(slice.subarray(1));
  const flags = type >= 16 ? bits.bits(2) : bits.bits(1);
  const pps = bits.ue();
  const shared = bits.bits(type >= 16 ? 5 : 6);
  const rest = slice.subarray(pps === 0 ? 3 : 4);
  return { type, flags, pps, shared, rest: Buffer.from(rest).toString("base64") };
}

describe("a broken sample of HEVC", () => {
  it.each<[string, (sample: Buffer) => void]>([
    ["was zeroed", (sample) => sample.fill(0)],
    ["was zeroed in part", (sample) => sample.fill(0, 40, 60)],
    ["was zeroed up to its end", (sample) => sample.fill(0, sample.length - 100)],
    ["breaks the chain of lengths", (sample) => sample.writeUInt32BE(sample.length, 0)],
    ["begins within a picture", (sample) => sample.writeUInt8((sample[6] ?? 0) & 0x7f, 6)],
  ])("is found when it %s", async (_, damage) => {
    const made = await recording("whole", "bframes=0:info=0");
    expect(await findBrokenSample(memorySource(made.bytes), made.video)).toBeUndefined();
    const bytes = Buffer.from(made.bytes);
    damage(samplesOf({ bytes, video: made.video })[7] ?? bytes);
    expect(await findBrokenSample(memorySource(bytes), made.video)).toBe(7);
  });

  it("is none that ends a sequence, or the stream: these units are headers only", async () => {
    const made = await recording("whole", "bframes=0:info=0");
    const bytes = Buffer.from(made.bytes);
    const sample = samplesOf({ bytes, video: made.video })[7] ?? bytes;
    // The last bytes of its last slice make room for them.
    const units = [...nalUnits(sample)];
    const last = units.at(-1)?.bytes ?? sample;
    const at = sample.length - last.length - 4;
    sample.writeUInt32BE(last.length - 12, at);
    Buffer.from([0, 0, 0, 2, 36 << 1, 1, 0, 0, 0, 2, 37 << 1, 1]).copy(sample, sample.length - 12);
    expect(await findBrokenSample(memorySource(bytes), made.video)).toBeUndefined();
  });
});
