import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { ffmpeg, makeRecording, memorySource, shownFrames } from "@camclips/testing/mp4/fixtures";
import { expect, it } from "vitest";
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

it("a frame that is told to last longer than it does hides none that follows in a fragment of its own", async () => {
  await using folder = await testFolder();
  const plain = join(folder.path, "plain.mp4");
  const path = join(folder.path, "fragments.mp4");
  const cut = join(folder.path, "cut.mp4");
  await makeRecording(plain, { audio: false, seconds: 3, x264: "keyint=25:bframes=0" });
  const flags = "frag_every_frame+empty_moov+default_base_moof+skip_trailer";
  await ffmpeg("-i", plain, "-c", "copy", "-movflags", flags, path);
  const file = await readFile(path);
  const frames = async () => {
    const slice = await sliceRecording(memorySource(file), "a.mp4", { fromSeconds: 1, toSeconds: 2 });
    await writeFile(cut, Buffer.concat(await Array.fromAsync(slice.chunks())));
    return (await shownFrames(cut)).map(({ hash }) => hash);
  };
  const usual = await frames();
  const durations = durationsIn(file);
  expect(durations.length).toBeGreaterThan(60);
  // Of one that stands a little before the range's end.
  for (const at of durations.slice(46, 48)) file.writeUInt32BE(8 * file.readUInt32BE(at), at);
  expect(await frames()).toEqual(usual);
});
