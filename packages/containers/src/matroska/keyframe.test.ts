import { expect, it } from "vitest";
import { readKeyframe } from "./keyframe.ts";

/** A frame of NAL units with lengths of 4 bytes. */
function frame(...units: number[][]): Buffer {
  return Buffer.concat(units.map((bytes) => Buffer.from([0, 0, 0, bytes.length, ...bytes])));
}

/** Slices that begin a picture: first_mb_in_slice 0, slice_type 7 (I) and 5 (P). */
const [SPS, IDR, I, P] = [
  [0x67, 77, 0, 30],
  [0x65, 0x88, 0x84, 0],
  [0x41, 0x88, 0x84, 0],
  [0x41, 0x9a, 0x04, 0],
];
const h264 = { codec: "h264", lengthBytes: 4 } as const;
const hevc = { codec: "hevc", lengthBytes: 4 } as const;

it.each([
  ["an IDR picture with its parameter sets", [SPS, IDR], { hasSets: true, entry: "closed" }],
  ["another picture that needs no others", [I], { hasSets: false, entry: "open" }],
  ["none, where a writer flags all frames", [P], { hasSets: false, entry: undefined }],
])("what decoding of H.264 can start with is %s", (_, units, found) => {
  expect(readKeyframe(frame(...units), h264)).toEqual(found);
});

it.each([
  ["an IDR picture", 19, "closed"],
  ["a clean random access picture", 21, "open"],
  ["none, where a writer flags all frames", 1, undefined],
])("what decoding of H.265 can start with is %s", (_, type, entry) => {
  expect(readKeyframe(frame([type << 1, 1, 0x80, 0]), hevc).entry).toBe(entry);
});
