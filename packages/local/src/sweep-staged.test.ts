import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { sweepStaged } from "./sweep-staged.ts";

it("copies of recordings are removed a day after their clip, and no earlier", async () => {
  await using folder = await testFolder();
  const sources = join(folder.path, "work", "sources");
  const now = Date.now();
  await mkdir(sources, { recursive: true });
  for (const [clip, hours] of Object.entries({ old: 25, recent: 23 })) {
    const path = join(sources, `${clip}.event-0.mp4`);
    await writeFile(path, "");
    const at = new Date(now - hours * 3_600_000);
    await utimes(path, at, at);
  }
  await sweepStaged(folder.path, now);
  expect(await readdir(sources)).toEqual(["recent.event-0.mp4"]);
  await sweepStaged(join(folder.path, "nowhere"), now);
});
