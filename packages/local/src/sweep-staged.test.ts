import { link, mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { sweepStaged } from "./sweep-staged.ts";

it("copies of recordings are removed a day after their clip, and no earlier", async () => {
  await using folder = await testFolder();
  const sources = join(folder.path, "work", "sources");
  const now = Date.now();
  const hours = 3_600_000;
  await mkdir(sources, { recursive: true });
  // Of an old recording.
  const recording = join(folder.path, "recording.mp4");
  await writeFile(recording, "");
  await utimes(recording, 0, 0);
  await link(recording, join(sources, "clip.event-0.mp4"));
  await sweepStaged(folder.path, now + 23 * hours);
  expect(await readdir(sources)).toEqual(["clip.event-0.mp4"]);
  await sweepStaged(folder.path, now + 25 * hours);
  expect(await readdir(sources)).toEqual([]);
  await sweepStaged(join(folder.path, "nowhere"), now);
});
