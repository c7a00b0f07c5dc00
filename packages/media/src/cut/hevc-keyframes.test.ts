import { memorySource, withLengths } from "@camclips/mp4";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameInClip } from "./hevc-keyframes.ts";
import { withInserted } from "./with-inserted.ts";

const set = Uint8Array.of(33 << 1, 1, 7, 7);
const slice = (type: number, byte = 9) => Uint8Array.of(type << 1, 1, 0xaf, byte);
const [CRA, BLA] = [21, 18];

describe("a keyframe in a clip is its recording's", () => {
  const recorded = withLengths([slice(CRA), slice(CRA)]);
  const same = (units: Uint8Array[], mayBreak: boolean) =>
    sameInClip(withLengths(units), mayBreak).equals(sameInClip(recorded, mayBreak));

  it("with parameter sets, and behind other frames as a broken link", () => {
    expect(same([set, slice(CRA), slice(CRA)], false)).toBe(true);
    expect(same([set, slice(BLA), slice(BLA)], true)).toBe(true);
  });

  it("not with another byte, a slice less, or a link that need not break", () => {
    expect(same([set, slice(CRA), slice(CRA, 8)], true)).toBe(false);
    expect(same([set, slice(CRA)], true)).toBe(false);
    expect(same([set, slice(BLA), slice(BLA)], false)).toBe(false);
  });
});

it("bytes that are put into a source are read where they belong", async () => {
  const file = Uint8Array.from({ length: 40 }, (_, i) => i);
  const drawn = fc.record({
    offset: fc.nat(10),
    size: fc.nat(30),
    at: fc.nat(30),
    inserted: fc.uint8Array({ maxLength: 6 }),
    range: fc.tuple(fc.nat(36), fc.nat(36)),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ offset, size, at: anywhere, inserted, range }) => {
      const at = Math.min(anywhere, size);
      const part = file.subarray(offset, offset + size);
      const whole = Buffer.concat([part.subarray(0, at), inserted, part.subarray(at)]);
      const source = withInserted({ bytes: memorySource(file), offset, size }, at, inserted);
      const [start, end] = range.map((place) => Math.min(place, whole.length)).sort((a, b) => a - b) as [
        number,
        number,
      ];
      expect(source.size).toBe(whole.length);
      expect(Buffer.from(await source.read(start, end))).toEqual(whole.subarray(start, end));
    }),
  );
});
