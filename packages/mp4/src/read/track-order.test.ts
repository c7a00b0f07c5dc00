import { readFile } from "node:fs/promises";
import { ffmpeg, makeRecording, memorySource, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sliceRecording } from "../slice/slice-recording.ts";
import { readMovie } from "./read-movie.ts";

let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchFolder();
  await makeRecording(scratch.path("a.mp4"));
});
afterAll(() => scratch[Symbol.asyncDispose]());

/** The recording behind so many seconds of another picture; both are switched on. */
async function withFirst(name: string, seconds: number, ...output: string[]): Promise<Buffer> {
  const path = scratch.path(name);
  const other = ["-f", "lavfi", "-i", `testsrc2=size=64x48:rate=5:duration=${seconds}`];
  const maps = ["-map", "0:v", "-map", "1:v", "-map", "1:a", "-c", "copy", "-c:v:0", "mjpeg"];
  await ffmpeg(...other, "-i", scratch.path("a.mp4"), ...maps, "-disposition:v", "default", ...output, path);
  return readFile(path);
}

/** Sizes of the picture that clips are cut out of, and frames of the slice. */
async function cut(bytes: Buffer) {
  const slice = await sliceRecording(memorySource(bytes), "a.mp4", { fromSeconds: 1, toSeconds: 3 });
  const { tracks } = await readMovie(memorySource(Buffer.concat(await Array.fromAsync(slice.chunks()))));
  const [video] = tracks;
  return { width: video?.descriptions[0]?.video?.width, isLong: (video?.samples.count ?? 0) >= 50 };
}

describe("of several tracks of pictures", () => {
  it("the recording is taken, not a cover that comes first", async () => {
    const bytes = await withFirst("cover.mp4", 0.2);
    expect(await cut(bytes)).toEqual({ width: 160, isLong: true });
  });

  it.each([
    ["plain", []],
    ["fragmented", ["-movflags", "frag_keyframe+empty_moov+default_base_moof"]],
  ])("the recording is taken, not a proxy that is switched off: %s", async (name, flags) => {
    const bytes = await withFirst(`${name}.mp4`, 4, ...flags);
    const flagsAt = bytes.indexOf("tkhd") + 7;
    expect(bytes[flagsAt]).toBe(3);
    expect((await cut(bytes)).width).toBe(64);
    bytes[flagsAt] = 2;
    expect(await cut(bytes)).toEqual({ width: 160, isLong: true });
  });
});
