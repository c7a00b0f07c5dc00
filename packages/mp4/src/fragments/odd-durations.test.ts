import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { ffmpeg, makeRecording, memorySource, shownFrames } from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sliceRecording } from "../slice/slice-recording.ts";

const DURATION_IN_TFHD = 0x8;

/** Where the duration stands that a fragment's frames have, behind its track's id and what may come before. */
function durationsIn(file: Buffer): number[] {
  return [...file.toString("latin1").matchAll(/tfhd/g)].flatMap(({ index }) => {
    const flags = file.readUInt32BE(index + 4);
    const skipped = (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
    return flags & DURATION_IN_TFHD ? [index + 12 + skipped] : [];
  });
}

let folder: Awaited<ReturnType<typeof testFolder>>;
/** With a fragment for every frame. */
let usual: Buffer;

beforeAll(async () => {
  folder = await testFolder();
  const [plain, path] = [join(folder.path, "plain.mp4"), join(folder.path, "fragments.mp4")];
  await makeRecording(plain, { audio: false, seconds: 3, x264: "keyint=25:bframes=0" });
  const flags = "frag_every_frame+empty_moov+default_base_moof+skip_trailer";
  await ffmpeg("-i", plain, "-c", "copy", "-movflags", flags, path);
  usual = await readFile(path);
});
afterAll(() => folder[Symbol.asyncDispose]());

async function shown(file: Buffer): Promise<string[]> {
  const slice = await sliceRecording(memorySource(file), "a.mp4", { fromSeconds: 1, toSeconds: 2 });
  const path = join(folder.path, "slice.mp4");
  await writeFile(path, Buffer.concat(await Array.fromAsync(slice.chunks())));
  return (await shownFrames(path)).map(({ hash }) => hash);
}

it.each<[string, (file: Buffer, at: number, frame: number) => void]>([
  [
    "longer than it does, a little before the range's end",
    (file, at, frame) => {
      if (frame === 46 || frame === 47) file.writeUInt32BE(8 * file.readUInt32BE(at), at);
    },
  ],
  ["no time", (file, at) => void file.writeUInt32BE(0, at)],
])("a frame that is told to last %s is shown, and hides none", async (_, tell) => {
  const file = Buffer.from(usual);
  const durations = durationsIn(file);
  expect(durations.length).toBeGreaterThan(60);
  for (const [frame, at] of durations.entries()) tell(file, at, frame);
  expect(await shown(file)).toEqual(await shown(usual));
});

it("a last frame that is told to last until its recorder was stopped, hours later, ends after a second", async () => {
  const file = Buffer.from(usual);
  const last = durationsIn(file).at(-1) ?? 0;
  file.writeUInt32BE(100_000 * file.readUInt32BE(last), last);
  const { media } = await sliceRecording(memorySource(file), "a.mp4", { fromSeconds: 1, toSeconds: 2 });
  expect(media).toEqual({ startSeconds: 0, endSeconds: expect.closeTo(2.96 + 1, 2) });
});
