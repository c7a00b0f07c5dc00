import { memorySource } from "@camclips/testing/mp4/fixtures";
import { describe, expect, it } from "vitest";
import { sliceRecording } from "../slice/slice-recording.ts";

const file = (...start: (number | string)[]) =>
  Buffer.concat([
    ...start.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.of(part))),
    Buffer.alloc(4000),
  ]);

/** Transport stream packets of `step` bytes with the sync byte at `first`. */
const packets = (step: number, first: number) => {
  const bytes = Buffer.alloc(step * 8, 0xff);
  for (let at = first; at < bytes.length; at += step) bytes[at] = 0x47;
  return bytes;
};

const outcome = async (bytes: Buffer): Promise<string> => {
  const slice = sliceRecording(memorySource(bytes), "door.mp4", { fromSeconds: 0, toSeconds: 1 });
  return slice.then(
    ({ method, why }) => `${method}: ${why}`,
    (error: Error) => error.message,
  );
};

describe("a recording that is no MP4", () => {
  it.each([
    ["FLV", file("FLV", 1)],
    ["an MPEG program stream", file(0, 0, 1, 0xba)],
    ["a Hikvision recording", file("IMKH", 1, 1)],
    ["a Dahua recording (DHAV)", file("DHAV", 0xfd)],
    ["Windows Media", file(0x30, 0x26, 0xb2, 0x75)],
    ["Ogg", file("OggS")],
    ["a raw video stream", file(0, 0, 0, 1, 0x67)],
    ["a raw video stream", file(0, 0, 0, 1, 0x06, 0x05)],
    ["a raw video stream", file(0, 0, 1, 0x09)],
    ["a raw video stream", file(0, 0, 0, 1, 0x40, 1)],
  ])("is called what it is, with what to do: %s", async (name, bytes) => {
    const message = await outcome(bytes);
    expect(message).toContain(`door.mp4: it is ${name}`);
    expect(message).toContain("ffmpeg -i RECORDING -c copy RECORDING.mp4");
  });

  it.each([
    ["Matroska or WebM", file(0x1a, 0x45, 0xdf, 0xa3)],
    ["AVI", file("RIFF", 0, 0, 0, 0, "AVI ")],
    ["an MPEG transport stream", packets(188, 0)],
    ["an MPEG transport stream", packets(192, 4)],
    ["an MPEG transport stream", packets(204, 0)],
    ["an MPEG transport stream", packets(188, 90)],
    ["an MPEG transport stream", Buffer.concat([Buffer.alloc(777, 0x12), packets(188, 0)])],
  ])("is copied whole where ffmpeg reads it: %s", async (name, bytes) => {
    expect(await outcome(bytes)).toBe(`copied: the recording is copied whole: it is ${name}, not MP4`);
  });
});
