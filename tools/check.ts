import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const HELP = `Checks everything that needs no test to run; or the parts that are named.

  npm run check
  npm run check types dependencies
`;

const TSC = ["node", "node_modules/typescript-7/bin/tsc"];

/** Each part is a few commands, one after the other; parts run beside each other. */
const parts: Record<string, string[][]> = {
  style: [["biome", "check", "--error-on-warnings"]],
  types: [TSC, [...TSC, "-p", "test/browsers/tsconfig.json"], [...TSC, "-p", "packages/service/console/tsconfig.json"]],
  infra: [
    ["node", "tools/resource-graph/platform.ts"],
    [...TSC, "-p", "stacks/tsconfig.json"],
  ],
  dependencies: [["depcruise", "packages", "stacks", "--config", ".dependency-cruiser.mjs"]],
  unused: [["knip"]],
};

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
// npm scripts have it in their PATH; whoever runs this file directly has not.
const env = { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH}` };

/** Prints what a part has to say only when it finds something. @returns whether it found nothing. */
async function passes(part: string): Promise<boolean> {
  const startedAt = performance.now();
  try {
    for (const [command = "", ...args] of parts[part] ?? [])
      await run(command, args, { cwd: root, env, maxBuffer: 64 << 20 });
    process.stdout.write(`✔ ${part.padEnd(13)} ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
    return true;
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as { stdout?: string; stderr?: string; message: string };
    process.stdout.write(`✘ ${part}\n${`${stdout}${stderr}`.trim() || message}\n`);
    return false;
  }
}

const { values, positionals } = parseArgs({ options: { help: { type: "boolean" } }, allowPositionals: true });
const unknown = positionals.filter((part) => !Object.hasOwn(parts, part));
if (values.help) process.stdout.write(HELP);
else if (unknown.length > 0) {
  process.stderr.write(
    `nothing to check is called ${unknown.join(", ")}; there are: ${Object.keys(parts).join(", ")}\n`,
  );
  process.exitCode = 2;
} else {
  const results = await Promise.all((positionals.length > 0 ? positionals : Object.keys(parts)).map(passes));
  if (results.includes(false)) process.exitCode = 1;
}
