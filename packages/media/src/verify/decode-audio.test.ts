import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { AudioError } from "../errors.ts";
import { decodeAudio, RATE } from "./decode-audio.ts";

it("takes no end of what ffmpeg gives for silence", async () => {
  await using folder = await testFolder();
  const ffmpeg = join(folder.path, "ffmpeg");
  const stretch = { path: "a.mp4", fromSeconds: 0, seconds: 1, isIndexed: true };
  const give = (bytes: number) => writeFile(ffmpeg, `#!/bin/sh\nhead -c ${bytes} /dev/zero\n`, { mode: 0o755 });
  await give(4 * RATE);
  const decoded = await decodeAudio([stretch, stretch], { ffmpeg });
  expect(decoded.map(({ length }) => length)).toEqual([RATE, RATE]);
  await give(3 * RATE);
  await expect(decodeAudio([stretch, stretch], { ffmpeg })).rejects.toThrow(AudioError);
});
