import { readFile } from "node:fs/promises";
import {
  counted,
  ffmpeg,
  makeRecording,
  memorySource,
  type Scratch,
  scratchFolder,
} from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstTrack } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { sliceRecording } from "./slice-recording.ts";

const FRAGMENTS = ["-c", "copy", "-movflags", "frag_keyframe+empty_moov+default_base_moof"];
/** sample_depends_on and sample_is_non_sync_sample, as ffmpeg flags a frame that is no keyframe. */
const NOT_SYNC = 0x01010000;

let scratch: Scratch;
const path = (name: string) => scratch.path(`${name}.mp4`);

beforeAll(async () => {
  scratch = await scratchFolder();
  await makeRecording(path("H.264"));
  await makeRecording(path("H.264 of open GOPs"), { x264: "keyint=25:scenecut=0:bframes=3:open-gop=1" });
  await makeRecording(path("H.264, all intra"), { x264: "keyint=1" });
  const hevc = (gops: string) => ["-c:v", "libx265", "-x265-params", `log-level=none:keyint=25:scenecut=0:${gops}`];
  await makeRecording(path("HEVC"), { output: hevc("open-gop=0") });
  await makeRecording(path("HEVC of open GOPs"), { output: hevc("open-gop=1") });
  await ffmpeg("-i", path("H.264"), ...FRAGMENTS, path("fragments"));
  await ffmpeg("-i", path("H.264"), ...FRAGMENTS, "-frag_duration", "300000", path("fragments within a GOP"));
});
afterAll(() => scratch[Symbol.asyncDispose]());

/** The same file, with every sample flagged as sync. */
async function allFlagged(name: string): Promise<Buffer> {
  const bytes = await readFile(path(name));
  const table = bytes.indexOf("stss");
  if (table >= 0) bytes.write("free", table);
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const header = bytes.subarray(Math.max(0, at - 64), at).toString("latin1");
    if (bytes.readUInt32BE(at) === NOT_SYNC && /trex|tfhd|trun/.test(header)) bytes.writeUInt32BE(0x02000000, at);
  }
  return bytes;
}

async function sliceOf(bytes: Buffer, fromSeconds = 2.5, toSeconds = 3.5) {
  const source = counted(memorySource(bytes));
  const slice = await sliceRecording(source, "a", { fromSeconds, toSeconds });
  const reads = source.traffic.reads.length;
  const staged = await readMovie(memorySource(Buffer.concat(await Array.fromAsync(slice.chunks()))));
  return { slice, reads, sync: [...(firstTrack(staged, "vide")?.samples.sync ?? [])] };
}

describe("a recording that flags every sample as sync", () => {
  it.each(["H.264", "H.264, all intra", "HEVC", "HEVC of open GOPs", "fragments"])(
    "is sliced as if its flags were right: %s",
    async (name) => {
      const right = await sliceOf(await readFile(path(name)));
      const flagged = await sliceOf(await allFlagged(name));
      expect(flagged.slice.zeroSeconds).toBe(right.slice.zeroSeconds);
      expect(flagged.sync).toEqual(right.sync);
    },
  );

  it("is sliced from a keyframe, however far before the fragments that were read first", async () => {
    const right = await sliceOf(await readFile(path("fragments within a GOP")), 1.9, 2);
    const flagged = await sliceOf(await allFlagged("fragments within a GOP"), 1.9, 2);
    expect(right.slice.zeroSeconds).toBe(1.08);
    expect(flagged.slice.zeroSeconds).toBe(1.08);
  });

  it("starts with an IDR picture where GOPs are open", async () => {
    const { slice, sync } = await sliceOf(await allFlagged("H.264 of open GOPs"));
    expect(slice.zeroSeconds).toBe(0);
    expect(sync.indexOf(1)).toBe(0);
    expect(sync.filter((flag) => flag === 1)).toHaveLength(1);
  });

  it("costs one read more when all its frames are intra, and few otherwise", async () => {
    const right = await sliceOf(await readFile(path("H.264")));
    expect((await sliceOf(await readFile(path("H.264, all intra")))).reads).toBeLessThanOrEqual(right.reads + 1);
    expect((await sliceOf(await allFlagged("H.264"))).reads).toBeLessThanOrEqual(right.reads + 3);
  });
});
