import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { linkPrograms, type Machine, type Ran, runOn } from "./machine.ts";
import { type Gate, openGate } from "./registry-only.ts";

const HELP = `The two commands of the README, in a fresh clone, as on a machine without ffmpeg and without a compiler, that reaches
nothing but the npm registry. With the first Node the tests, too.

  npm run test:fresh                    Node 20, 22 and 24
  npm run test:fresh -- --node 22
`;

const project = new URL("../..", import.meta.url).pathname;
const run = promisify(execFile);

/** The npm that each Node brings. */
const NPM: Record<string, string> = { 20: "10", 22: "10", 24: "11" };

const { values } = parseArgs({ options: { node: { type: "string", default: "20,22,24" }, help: { type: "boolean" } } });

/** How this machine gets to its registry: address and certificates, whatever file of npm's settings they stand in. */
async function wayToRegistry(root: string): Promise<Record<string, string>> {
  const settings = { npm_config_registry: "registry", npm_config_cafile: "cafile" };
  const way: Record<string, string> = {};
  for (const [variable, name] of Object.entries(settings)) {
    const { stdout } = await run("npm", ["config", "get", name], { cwd: root });
    if (stdout.trim() !== "null") way[variable] = stdout.trim();
  }
  const { NODE_EXTRA_CA_CERTS } = process.env;
  return { ...way, ...(NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS }) };
}

/** A Node and its npm, out of the registry. */
async function fetchNode(folder: string, major: string): Promise<{ node: string; npm: string }> {
  const name = `node-${process.platform}-${process.arch}`;
  await mkdir(folder, { recursive: true });
  const packages = [`${name}@${major}`, `npm@${NPM[major] ?? "latest"}`];
  await run("npm", ["install", "--silent", "--no-save", "--prefix", folder, ...packages], { cwd: folder });
  return { node: join(folder, "node_modules", name, "bin/node"), npm: join(folder, "node_modules/npm") };
}

async function freshMachine(root: string, major: string, gate: Gate, way: Record<string, string>): Promise<Machine> {
  const folder = join(root, `node-${major}`);
  await linkPrograms(join(folder, "bin"), await fetchNode(join(folder, "node"), major));
  const clone = join(folder, "camclips");
  await run("git", ["clone", "--quiet", "--no-hardlinks", project, clone]);
  await mkdir(join(folder, "home"));
  await cp(join(homedir(), ".npmrc"), join(folder, "home", ".npmrc")).catch(() => {});
  return {
    folder: clone,
    environment: {
      PATH: join(folder, "bin"),
      HOME: join(folder, "home"),
      TMPDIR: root,
      // Shared by the Nodes: the first one starts with nothing.
      npm_config_cache: join(root, "npm-cache"),
      HTTPS_PROXY: gate.url,
      HTTP_PROXY: gate.url,
      NO_PROXY: "localhost,127.0.0.1",
      ...way,
    },
  };
}

function verdict(name: string, { code, output, seconds }: Ran, wrong: string[] = []): boolean {
  const complaints = code === 0 ? wrong : [`exit ${code}`, ...wrong];
  console.log(`  ${name}: ${complaints.length === 0 ? "fine" : complaints.join(", ")} (${seconds} s)`);
  if (complaints.length > 0) console.log(output.split("\n").slice(-60).join("\n"));
  return complaints.length === 0;
}

async function isFine(machine: Machine, alsoTests: boolean): Promise<boolean> {
  const installed = await runOn(machine, ["npm", "ci"], 600);
  const warnings = installed.output.split("\n").filter((line) => /EBADENGINE|^npm err/i.test(line));
  if (!verdict("npm ci", installed, warnings.length > 0 ? [`${warnings.length} lines of warnings`] : [])) return false;

  const demo = await runOn(machine, ["npm", "run", "demo"], 600);
  const clip = join(machine.folder, "clips/583499c4e411dc743a5d5296/507f191e810c19729de860ea.mp4");
  if (!verdict("npm run demo", demo, existsSync(clip) ? [] : ["no clip"])) return false;

  return !alsoTests || verdict("npm test", await runOn(machine, ["npm", "test"], 1200));
}

if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const root = await mkdtemp(join(tmpdir(), "fresh-machine-"));
const way = await wayToRegistry(root);
const gate = await openGate(new URL(way.npm_config_registry ?? "https://registry.npmjs.org"));
try {
  for (const [index, major] of values.node.split(",").entries()) {
    console.log(`Node ${major}, without ffmpeg, with the registry alone`);
    if (!(await isFine(await freshMachine(root, major, gate, way), index === 0))) {
      process.exitCode = 1;
      break;
    }
  }
  if (gate.refused.size > 0) console.log(`asked for and not reached: ${[...gate.refused].join(", ")}`);
} finally {
  await gate[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
}
