import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { bundleHandlers, ofLambda } from "../resource-graph/evaluation/bundle-handlers.ts";
import { ensurePlatform } from "../resource-graph/platform.ts";
import { spread } from "./statistics.ts";

/**
 * What a cold start of each function has to read: the size of its bundle, as `sst deploy` makes it, how much of it is loaded
 * before the first message, and what that takes in a process of its own, beside the start of Node.
 *
 *   npm run bench:bundles
 */
const RUNS = 5;

/** Prints the milliseconds of processor time and of the clock that imports take. */
const IMPORT = `
const [cpu, at] = [process.cpuUsage(), performance.now()];
for (const file of process.argv.slice(1)) await import(file);
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs: performance.now() - at }));
`;

async function importOf(files: readonly string[]): Promise<{ cpuMs: number; wallMs: number }> {
  const args = ["--input-type=module", "-e", IMPORT, ...files.map((file) => pathToFileURL(file).href)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

await ensurePlatform();
const folder = await mkdtemp(join(tmpdir(), "handler-bundles-"));
try {
  const deployed = await bundleHandlers(join(folder, "deployed"));
  const ours = await bundleHandlers(join(folder, "ours"), { external: ofLambda });
  console.log(
    "| function | bundle, kB | loaded first, without the AWS SDK, kB | for some clips, kB | import, CPU ms | import, wall ms |\n|---|---|---|---|---|---|",
  );
  for (const { stage, bytes, first } of deployed) {
    const own = ours.find((bundle) => bundle.stage === stage) ?? { bytes: Number.NaN, first: { bytes: Number.NaN } };
    const kilobytes = [bytes, own.first.bytes, own.bytes - own.first.bytes].map((size) => Math.round(size / 1000));
    const runs = [];
    for (let run = 0; run < RUNS; run++) runs.push(await importOf(first.files));
    const medians = [runs.map(({ cpuMs }) => cpuMs), runs.map(({ wallMs }) => wallMs)].map((values) =>
      Math.round(spread(values).median),
    );
    console.log(`| ${[stage, ...kilobytes, ...medians].join(" | ")} |`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
