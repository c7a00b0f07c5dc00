import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { renderCut } from "./render-cut.ts";

it("says why frames cannot be copied without the name of a temporary file", async () => {
  await using folder = await testFolder();
  const path = join(folder.path, "source-0.webm");
  await writeFile(path, Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), Buffer.alloc(100)]));
  const job = {
    sources: [{ path, zeroMs: 0, fromMs: 0, toMs: 1000 }],
    startMs: 0,
    endMs: 1000,
    gapPolicy: "SKIP_GAPS",
    joinToleranceMs: 1000,
    precision: "smart",
    output: join(folder.path, "clip.mp4"),
  } as const;
  const settings = { ffmpeg: "never started", threads: 1, timeLimitMs: 1000 };
  const cut = await renderCut({ ...job, sources: [...job.sources] }, settings, { scratch: folder.path });
  expect(cut).toEqual({ notCut: "frames could not be copied (it is Matroska or WebM, not MP4)" });
});
