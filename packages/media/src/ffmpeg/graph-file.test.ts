import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { expect, it } from "vitest";
import { withGraphFile } from "./graph-file.ts";
import { runFfmpeg } from "./run-ffmpeg.ts";

const argumentsOf = (filters: number) => {
  const graph = `color=size=16x16:duration=0.1${",null".repeat(filters)}[out]`;
  return ["-v", "error", "-filter_complex", graph, "-map", "[out]", "-f", "null", "-"];
};

it("a filter graph that is too long for an argument reaches ffmpeg in a file", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "camclips-graph-"));
  const long = argumentsOf(3).map((argument) => argument.replace(",null", `${" ".repeat(140_000)},null`));
  const run = { ffmpeg: testFfmpeg, timeLimitMs: 60_000 };
  if (process.platform === "linux") await expect(runFfmpeg({ ...run, args: long })).rejects.toThrow("E2BIG");
  await runFfmpeg({ ...run, args: await withGraphFile(long, join(folder.path, "graph")) });
});

it("a short one stays an argument", async () => {
  expect(await withGraphFile(argumentsOf(3), "/nowhere")).toEqual(argumentsOf(3));
});
