import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

/** What a newcomer is told to type, and what is there. */

const root = new URL("../../../", import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), "utf8");
const { scripts, devDependencies } = JSON.parse(await read("package.json"));

/** Names of npm scripts in a text. */
const scriptsIn = (text: string): string[] =>
  [...text.matchAll(/\bnpm (?:run (?:-s |--silent )?|(?=test\b))([\w:]+)/g)].map(([, name = ""]) => name);

/** What callers of the old project type. */
const TARGETS = ["install", "event", "invoke", "test", "lint", "fixlint", "deploy", "doctoc"];

it("make knows every command of the old project", async () => {
  const makefile = await read("Makefile");
  const targets = [...makefile.matchAll(/^(\w+):\n\t.+$/gm)].map(([, target]) => target);
  expect(targets.sort()).toEqual([...TARGETS].sort());
  expect(/^\.PHONY: (.+)$/m.exec(makefile)?.[1]?.split(" ").sort()).toEqual([...TARGETS].sort());
});

it.each([
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/operations.md", "docs/scale.md"],
  ...["Makefile", ".ci/run", "lefthook.yml", ".env.example", "test/aws/README.md", ".github/PULL_REQUEST_TEMPLATE.md"],
])("%s names npm scripts that exist", async (path) => {
  for (const name of scriptsIn(await read(path))) expect(scripts).toHaveProperty([name]);
});

it("the README shows ten npm scripts at most", async () => {
  expect(new Set(scriptsIn(await read("README.md"))).size).toBeLessThanOrEqual(10);
});

it("the Node that other tools install is the one that the packages bring", async () => {
  expect((await read(".node-version")).trim()).toBe(devDependencies.node);
});

it("tests, benches and tools run the ffmpeg that is looked up, and name none", async () => {
  const files = globSync("{packages,test,tools}/**/*.ts", { cwd: root, exclude: ["**/node_modules/**"] });
  const naming =
    /(?:run|exec|execFile|execFileSync|spawn|spawnSync)\(["]ff(?:mpeg|probe)"|(?:ffmpeg:|[|][|]|[?][?]|[^=]=) ["]ffmpeg"/;
  const found = await Promise.all(files.map(async (file) => (naming.test(await read(file)) ? [file] : [])));
  expect(files.length).toBeGreaterThan(100);
  expect(found.flat()).toEqual([]);
});

it("the debugger starts programs and suites that are there", async () => {
  const launch = await read(".vscode/launch.json");
  const { inputs } = JSON.parse(launch);
  const programs = [...launch.matchAll(/\$\{workspaceFolder\}\/(packages\/[^"]+)/g)].map(([, path = ""]) => path);
  expect(programs).toHaveLength(1);
  for (const path of [...programs, ...inputs[0].options]) await read(path);
});

/** Whether a range such as `^20.19.0 || >=22.12.0` has a Node 20 in it. */
const takesNode20 = (range: string): boolean =>
  range.split("||").some((part) => {
    const [, sign = "", major] = /^\s*([<>=^~]*)\s*v?(\d+)/.exec(part) ?? [];
    if (major === undefined) return part.trim() === "*";
    const below = /<\s*(\d+)/.exec(part)?.[1];
    return sign.startsWith(">") ? Number(major) <= 20 && !(Number(below) <= 20) : Number(major) === 20;
  });

it("Node 20 installs every package without a warning (decision 10)", async () => {
  const { packages } = JSON.parse(await read("package-lock.json"));
  type Locked = { engines?: { node?: string }; optional?: boolean };
  const wanting = Object.entries<Locked>(packages).filter(
    ([, { engines, optional }]) => !optional && engines?.node && !takesNode20(engines.node),
  );
  expect(wanting.map(([path, { engines }]) => `${path}: ${engines?.node}`)).toEqual([]);
});
