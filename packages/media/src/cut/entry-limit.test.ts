import { expect, it } from "vitest";
import { mostEntryBytes } from "./entry-limit.ts";

it.each([
  // A quarter of 384 bytes for each of 8160 macroblocks; from level 4.1 on half of them.
  ["1080p of level 4.0", { level: 40, codedWidth: 1920, codedHeight: 1088 }, 25, 783_360],
  ["1080p of level 4.1", { level: 41, codedWidth: 1920, codedHeight: 1088 }, 25, 1_566_720],
  // No more macroblocks than the level has in the time of a picture.
  ["1080p of level 4.0 at 60 fps", { level: 40, codedWidth: 1920, codedHeight: 1088 }, 60, 393_216],
  ["360p of level 3.0", { level: 30, codedWidth: 640, codedHeight: 368 }, 25, 176_640],
  ["a level that is not known", { level: 5, codedWidth: 640, codedHeight: 368 }, 25, 0],
])("a picture of %s may take so many bytes", (_, stream, fps, bytes) => {
  expect(mostEntryBytes(stream, 1 / fps)).toBe(bytes);
});
