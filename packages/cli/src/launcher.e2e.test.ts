import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "@camclips/testing/cli/fixtures";
import { expect, it } from "vitest";
import { programIn } from "../bin/program.js";
import { ownCommand } from "./own-command.ts";

const run = promisify(execFile);
const LAUNCHER = fileURLToPath(new URL("../bin/camclips.js", import.meta.url));
const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** What makes a Node take itself for one that cannot run TypeScript. */
const OLD = `--import=data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})`;

it("an old Node hands over to the one that is installed, with arguments, output and exit code", async () => {
  const { version } = await import("../package.json", { with: { type: "json" } }).then((json) => json.default);
  expect((await run(process.execPath, [OLD, LAUNCHER, "--version"])).stdout).toBe(`${version}\n`);
  await expect(run(process.execPath, [OLD, LAUNCHER, "clop"])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Did you mean clip?"),
  });
});

it("an old Node hands over requests to end, too, and the answer", async () => {
  await using folder = await temporaryFolder();
  const child = spawn(process.execPath, [OLD, LAUNCHER, "demo"], { cwd: folder.path });
  const ended = once(child, "exit");
  const [begun] = await once(child.stdout, "data");
  expect(`${begun}`).toContain("Making recording 1 of 2");
  child.kill("SIGINT");
  expect(await ended).toEqual([130, null]);
});

it("an old Node without another one says what to do", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "bin"));
  await cp(LAUNCHER, join(folder.path, "bin/camclips.mjs"));
  await cp(join(LAUNCHER, "../program.js"), join(folder.path, "bin/program.js"));
  await expect(run(process.execPath, [OLD, join(folder.path, "bin/camclips.mjs")])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /^camclips: Node 24 is needed; this is Node 20\.20\.2, .*: run npm ci in its folder, or install Node 24\n$/,
    ),
  });
});

it("from another folder the program is called by its path, never by a name that npx would ask the registry for", async () => {
  await using folder = await temporaryFolder();
  expect(ownCommand(join(REPOSITORY, "docs"))).toBe("npx camclips");
  const { stdout } = await run(ownCommand(folder.path), ["event", "-a"], { cwd: folder.path });
  expect(stdout).toBe(
    `wrote event.json; run it with: ${ownCommand(folder.path)} invoke event.json --camera-service fake\n`,
  );
});

it("the bundle that npm ci makes cuts a clip as the sources do", async () => {
  await using folder = await temporaryFolder();
  await run(process.execPath, [join(REPOSITORY, "tools/bundle-cli.js")]);
  expect(programIn(join(REPOSITORY, "packages/cli"))).toMatch(/dist.main\.js$/);
  const launch = (...args: string[]) => run(process.execPath, [LAUNCHER, ...args], { cwd: folder.path });
  await launch("event", "-a");
  const { stdout } = await launch("invoke", "event.json", "--camera-service", "fake", "--json");
  expect(stdout).toContain(`"status": "CLIP_AVAILABLE"`);
});
