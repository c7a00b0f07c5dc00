import { execFile } from "node:child_process";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { exclusively } from "../tools/resource-graph/exclusively.ts";

const run = promisify(execFile);
const MODULE = new URL("../tools/resource-graph/exclusively.ts", import.meta.url).href;

/** Another process that writes down when it begins and ends its work, or dies in the middle of it. */
const CHILD = `
const { exclusively } = await import(process.argv[1]);
const { appendFileSync } = await import("node:fs");
const [, , lock, log, dies] = process.argv;
await exclusively(lock, async () => {
  appendFileSync(log, "(");
  await new Promise((resolve) => setTimeout(resolve, 100));
  if (dies) process.exit(1);
  appendFileSync(log, ")");
});
`;

it("does one thing at a time in all processes, and goes on after one that died", async () => {
  await using folder = await testFolder();
  const [lock, log] = [join(folder.path, "locks/lock"), join(folder.path, "log")];
  const child = (...more: string[]) =>
    run(process.execPath, ["--input-type=module", "-e", CHILD, MODULE, lock, log, ...more]).catch(() => undefined);
  await child("dies");
  await appendFile(log, ")");
  await Promise.all([
    child(),
    child(),
    exclusively(lock, async () => {
      await appendFile(log, "(");
      await appendFile(log, ")");
    }),
  ]);
  expect(await readFile(log, "utf8")).toBe("()".repeat(4));
});
