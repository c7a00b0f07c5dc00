import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { MuxedMovie } from "./write-movie.ts";
import { writeMovieFile } from "./write-movie-file.ts";

let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchFolder();
});
afterAll(() => scratch[Symbol.asyncDispose]());

/** More pieces at once than the system takes in one call (1024). */
const pieces = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(1 + (i % 700), i));

const movie = {
  async *blocks() {
    yield pieces.slice(0, 1);
    yield pieces.slice(1);
  },
} as Partial<MuxedMovie> as MuxedMovie;

it("every piece is in the file, and nothing of what was there before", async () => {
  const path = scratch.path("movie.mp4");
  await writeFile(path, Buffer.alloc(5_000_000));
  await writeMovieFile(path, movie);
  expect((await readFile(path)).equals(Buffer.concat(pieces))).toBe(true);
});

it.runIf(existsSync("/dev/full"))("a full disk is an error", async () => {
  await expect(writeMovieFile("/dev/full", movie)).rejects.toThrow("ENOSPC");
});
