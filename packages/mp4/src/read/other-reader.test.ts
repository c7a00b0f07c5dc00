import { ffmpeg, makeRecording, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from "mediabunny";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileSource } from "../io/file-source.ts";
import { firstTrack, presentationSeconds } from "./movie.ts";
import { readMovie } from "./read-movie.ts";

let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchFolder();
  await makeRecording(scratch.path("plain.mp4"), { seconds: 2 });
  const remux = (name: string, ...flags: string[]) =>
    ffmpeg("-i", scratch.path("plain.mp4"), "-c", "copy", ...flags, scratch.path(name));
  await remux("fragmented.mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof");
  await remux("negative.mp4", "-movflags", "+negative_cts_offsets");
});
afterAll(() => scratch[Symbol.asyncDispose]());

describe("a reader that was written by others", () => {
  it.each(["plain.mp4", "fragmented.mp4", "negative.mp4"])("sees the same samples in %s", async (name) => {
    await using source = await fileSource(scratch.path(name));
    const own = firstTrack(await readMovie(source), "vide");
    using input = new Input({ source: new FilePathSource(scratch.path(name)), formats: ALL_FORMATS });
    const theirs = await input.getPrimaryVideoTrack();
    if (!own || !theirs) throw new Error("no video");
    let count = 0;
    for await (const packet of new EncodedPacketSink(theirs).packets()) {
      expect(presentationSeconds(own, count)).toBeCloseTo(packet.timestamp, 4);
      expect([own.samples.size[count], own.samples.sync[count] === 1]).toEqual([
        packet.byteLength,
        packet.type === "key",
      ]);
      count++;
    }
    expect(count).toBe(own.samples.count);
  });
});
