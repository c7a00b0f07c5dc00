import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { sweepStaged } from "./sweep-staged.ts";

it("copies of recordings are removed a day after their clip, and no earlier", async () => {
  await using folder = await testFolder();
  const sources = join(folder.path, "work", "sources");
  const now = Date.now();
  for (const [clip, hours] of Object.entries({ old: 25, recent: 23 })) {
    await mkdir(join(sources, clip), { recursive: true });
    await writeFile(join(sources, clip, "0.mp4"), "");
    const at = new Date(now - hours * 3_600_000);
    await utimes(join(sources, clip), at, at);
  }
  await sweepStaged(folder.path, now);
  expect(await readdir(sources)).toEqual(["recent"]);
  await sweepStaged(join(folder.path, "nowhere"), now);
});
