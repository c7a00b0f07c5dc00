import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const PRINT = fileURLToPath(new URL("../tools/resource-graph/print.ts", import.meta.url));

it.each(["bad stage!", "", "1st", "a_b", "a\n"])("infra:graph shows no stage that SST would refuse: %j", (name) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PRINT, "--stage", name], { encoding: "utf8" });
  expect(stderr).toContain(`--stage "${name}": a stage's name starts with a letter`);
  expect(stderr).not.toContain("    at ");
  expect(stdout).toBe("");
  expect(status).toBe(2);
});
