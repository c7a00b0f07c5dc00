import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { createLogFile, LOG_FILES } from "./log-file.ts";

const linesOf = async (path: string) =>
  (await readFile(path, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

it("keeps one line for each entry, errors with their message", async () => {
  await using folder = await testFolder();
  const state = join(folder.path, "state");
  const log = createLogFile(state, () => 0);
  log.info("stage done", { clipId: "clip-1" });
  log.error("stage failed", { error: new TypeError("broke") });
  expect(await linesOf(join(state, LOG_FILES.current))).toMatchObject([
    { level: "INFO", message: "stage done", clipId: "clip-1", timestamp: "1970-01-01T00:00:00.000Z" },
    { level: "ERROR", message: "stage failed", error: { name: "TypeError", message: "broke" } },
  ]);
});

it("begins a new file when the old one has become large, and keeps that one", async () => {
  await using folder = await testFolder();
  await writeFile(join(folder.path, LOG_FILES.current), "x".repeat(9 << 20));
  createLogFile(folder.path).warn("new");
  expect(await linesOf(join(folder.path, LOG_FILES.current))).toMatchObject([{ message: "new" }]);
  expect((await readFile(join(folder.path, LOG_FILES.before))).byteLength).toBe(9 << 20);
});

it("leaves the pipeline alone when it cannot write", async () => {
  await using folder = await testFolder();
  const file = join(folder.path, "file");
  await writeFile(file, "");
  expect(() => createLogFile(file).info("lost")).not.toThrow();
});
