import { spawn } from "node:child_process";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** A stranger's machine has no ffmpeg, no compiler, and no Python for node-gyp. */
const NOT_THERE =
  /^(?:ff(?:mpeg|probe|play)|node|npm|npx|corepack|(?:.*-)?(?:cc|gcc|g\+\+|c\+\+|clang|clang\+\+)(?:-\d+)?|g?make|python[\d.]*)$/;

export interface Machine {
  /** The clone, where commands run. */
  folder: string;
  environment: Record<string, string>;
}

/** Folders of the real PATH, without those that npm put there. */
const realFolders = (): string[] =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder.startsWith("/") && !folder.includes("node_modules"));

/** Fills a folder with links to the programs that every machine has, and to this Node and npm. */
export async function linkPrograms(folder: string, node: { node: string; npm: string }): Promise<void> {
  await mkdir(folder, { recursive: true });
  const known = new Set<string>();
  for (const from of realFolders()) {
    for (const name of await readdir(from).catch(() => [])) {
      if (NOT_THERE.test(name) || known.has(name)) continue;
      known.add(name);
      await symlink(join(from, name), join(folder, name));
    }
  }
  await symlink(node.node, join(folder, "node"));
  await symlink(join(node.npm, "bin/npm-cli.js"), join(folder, "npm"));
  await symlink(join(node.npm, "bin/npx-cli.js"), join(folder, "npx"));
}

export interface Ran {
  code: number | null;
  /** Both streams, in the order in which they came. */
  output: string;
  seconds: number;
}

/** Runs a command as its user would; all of it is killed after the time limit. */
export async function runOn(
  { folder, environment }: Machine,
  [program, ...args]: [string, ...string[]],
  limitSeconds: number,
): Promise<Ran> {
  const startMs = performance.now();
  const child = spawn(program, args, {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const kill = () => child.pid !== undefined && process.kill(-child.pid, "SIGKILL");
  const timer = setTimeout(() => {
    output += `\nkilled after ${limitSeconds} s\n`;
    kill();
  }, limitSeconds * 1000);
  process.once("exit", kill);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  clearTimeout(timer);
  process.off("exit", kill);
  return { code, output, seconds: Math.round((performance.now() - startMs) / 1000) };
}
