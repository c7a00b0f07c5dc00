import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withEmulation } from "../emulation.ts";
import { BitWriter } from "./bit-writer.ts";
import { losslessPps, losslessSlice } from "./lossless-picture.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "camclips-lossless-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const NUMBERS = { ppsId: 3, frameNumBits: 4, pictureOrderBits: 6 };
const ANY_SIZE = 10_000_000;
const START = Uint8Array.of(0, 0, 0, 1);

/** Of level 5.2, frames only, without cropping: ITU-T H.264, 7.3.2.1.1. */
function sequenceSet(width: number, height: number): Uint8Array {
  const writer = new BitWriter().bits(66, 8).bits(0, 8).bits(52, 8).ue(0).ue(0).ue(0).ue(2).ue(1).bits(0, 1);
  writer
    .ue(width / 16 - 1)
    .ue(height / 16 - 1)
    .bits(0b1100, 4)
    .bits(1, 1);
  return withEmulation(Buffer.concat([Uint8Array.of(0x67), writer.bytes()]));
}

/** What ffmpeg shows of it. */
async function decoded(width: number, height: number, slice: Uint8Array): Promise<Buffer> {
  const [input, output] = [join(folder, "picture.264"), join(folder, "picture.yuv")];
  const units = [sequenceSet(width, height), losslessPps({ id: 3, spsId: 0 }), slice];
  await writeFile(input, Buffer.concat(units.flatMap((unit) => [START, unit])));
  const args = ["-v", "error", "-xerror", "-y", "-f", "h264", "-i", input, "-f", "rawvideo", output];
  const { stderr } = await promisify(execFile)(testFfmpeg, args);
  expect(stderr).toBe("");
  return readFile(output);
}

/** Numbers that look drawn at random, and are the same each time. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
}

const CONTENT: [string, (random: () => number, at: number, width: number) => number][] = [
  ["one colour", () => 200],
  ["black and white at random", (random) => (random() < 0.5 ? 0 : 255)],
  ["all values at random", (random) => Math.floor(random() * 256)],
  ["a little noise", (random) => 120 + Math.floor(random() * 8)],
  ["a slope", (_, at, width) => (at % width) & 255],
  ["edges", (random, at, width) => ((at % width) % 24 < 12 ? 20 : 230) + Math.floor(random() * 3)],
];

describe("a picture without loss", () => {
  for (const [width, height] of [
    [16, 16],
    [64, 48],
    [208, 112],
  ] as const)
    it.each(CONTENT)(`of ${width} x ${height} is shown bit for bit: %s`, async (_, valueAt) => {
      const random = noise(7);
      const bytes = Uint8Array.from({ length: (width * height * 3) / 2 }, (_, at) => valueAt(random, at, width));
      const slice = losslessSlice({ width, height, bytes }, NUMBERS, ANY_SIZE);
      expect(slice).toBeDefined();
      expect((await decoded(width, height, slice ?? new Uint8Array())).equals(bytes)).toBe(true);
    });

  it("takes no more bytes than it would as it is, and some for each macroblock", () => {
    const random = noise(3);
    const bytes = Uint8Array.from({ length: (64 * 64 * 3) / 2 }, () => Math.floor(random() * 256));
    const slice = losslessSlice({ width: 64, height: 64, bytes }, NUMBERS, ANY_SIZE);
    expect(slice?.length).toBeLessThan(bytes.length * 1.1);
  });

  it("is not made where it would take more bytes than it may", () => {
    const random = noise(5);
    const bytes = Uint8Array.from({ length: (64 * 64 * 3) / 2 }, () => Math.floor(random() * 256));
    const { length = 0 } = losslessSlice({ width: 64, height: 64, bytes }, NUMBERS, ANY_SIZE) ?? {};
    expect(losslessSlice({ width: 64, height: 64, bytes }, NUMBERS, length)).toHaveLength(length);
    expect(losslessSlice({ width: 64, height: 64, bytes }, NUMBERS, length - 1)).toBeUndefined();
  });
});

describe("bits", () => {
  const codes = fc.array(fc.record({ count: fc.integer({ min: 1, max: 24 }), value: fc.nat() }), { maxLength: 40 });

  it("stand behind each other, and are gone behind a position that is gone back to", () => {
    fc.assert(
      fc.property(codes, codes, (kept, gone) => {
        const textOf = (list: typeof kept) =>
          list.map(({ count, value }) => (value % 2 ** count).toString(2).padStart(count, "0")).join("");
        const writer = new BitWriter(1);
        for (const { count, value } of kept) writer.bits(value % 2 ** count, count);
        const { position } = writer;
        for (const { count, value } of gone) writer.bits(value % 2 ** count, count);
        writer.rewind(position);
        for (const { count, value } of kept) writer.bits(value % 2 ** count, count);
        const text = textOf(kept) + textOf(kept);
        const bits = [...writer.bytes()].map((byte) => byte.toString(2).padStart(8, "0")).join("");
        expect(bits).toBe(text.padEnd(Math.ceil(text.length / 8) * 8, "0"));
      }),
    );
  });
});
