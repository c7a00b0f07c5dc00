import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { catalog } from "./catalog.ts";

const script = fileURLToPath(new URL("print-schemas.ts", import.meta.url));
const run = promisify(execFile);
const print = (...types: string[]) => run(process.execPath, [script, ...types]);

it("prints the JSON Schema of every event, or of those that are asked for", async () => {
  const [all, one] = await Promise.all([print(), print("ClipFailed")]);
  expect(Object.keys(JSON.parse(all.stdout))).toEqual(catalog.map(({ type }) => type));
  const { ClipFailed } = JSON.parse(one.stdout);
  expect(ClipFailed.properties.data.required).toEqual(["request", "stage", "reason", "message"]);
  expect(ClipFailed.properties.metadata.properties.version.const).toBe(1);
});

it("prints nothing but JSON as an npm script that is silent, and says how to silence it otherwise", async () => {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const [silent, loud] = await Promise.all([
    run("npm", ["run", "--silent", "schemas", "ClipFailed"], { cwd: root }),
    run("npm", ["run", "schemas", "ClipFailed"], { cwd: root, env: { ...process.env, npm_config_loglevel: "notice" } }),
  ]);
  expect(Object.keys(JSON.parse(silent.stdout))).toEqual(["ClipFailed"]);
  expect(silent.stderr).toBe("");
  expect(loud.stderr).toContain("npm run --silent schemas");
});

it("ends with code 2 and the list of events for a type that does not exist", async () => {
  await expect(print("ClipForgotten")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("no event ClipForgotten; there are: RequestAccepted"),
  });
});
