import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { codeVersion } from "./code-version.ts";

it("changes with what makes clips, and with nothing else", async () => {
  await using folder = await testFolder();
  const write = async (name: string, text: string) => {
    const path = join(folder.path, "packages", name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return codeVersion(folder.path);
  };
  expect(await codeVersion(folder.path)).toBeUndefined();
  const first = await write("media/src/cut/plan.ts", "1");
  expect(await write("media/src/cut/plan.test.ts", "2")).toBe(first);
  expect(await write("cli/src/main.ts", "3")).toBe(first);
  const second = await write("mp4/src/read.ts", "4");
  expect(second).not.toBe(first);
  expect(await write("media/src/cut/plan.ts", "5")).not.toBe(second);
});

it("is found in this repository", async () => {
  expect(await codeVersion(fileURLToPath(new URL("../../..", import.meta.url)))).toMatch(/^[0-9a-f]{64}$/);
});
