import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { pipeline } from "@camclips/events";
import { bundleHandlers, ofLambda } from "../resource-graph/evaluation/bundle-handlers.ts";
import { ensurePlatform } from "../resource-graph/platform.ts";
import { spread } from "./statistics.ts";

/**
 * What a cold start of each function has to read: the size of its bundle, as `sst deploy` makes it, and what importing it
 * takes in a process of its own, beside the start of Node.
 *
 *   npm run bench:bundles
 */
const RUNS = 5;

/** Prints the milliseconds of processor time and of the clock that an import takes. */
const IMPORT = `
const [cpu, at] = [process.cpuUsage(), performance.now()];
await import(process.argv[1]);
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs: performance.now() - at }));
`;

async function importOf(file: string): Promise<{ cpuMs: number; wallMs: number }> {
  const args = ["--input-type=module", "-e", IMPORT, pathToFileURL(file).href];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

await ensurePlatform();
const folder = await mkdtemp(join(tmpdir(), "handler-bundles-"));
try {
  const [deployed, ours] = [join(folder, "deployed"), join(folder, "ours")];
  await bundleHandlers(deployed);
  await bundleHandlers(ours, { external: ofLambda });
  console.log(
    "| function | bundle, kB | without the AWS SDK, kB | import, CPU ms | import, wall ms |\n|---|---|---|---|---|",
  );
  for (const { stage } of pipeline) {
    const kilobytes = await Promise.all(
      [deployed, ours].map(async (place) => Math.round((await stat(join(place, `${stage}.mjs`))).size / 1000)),
    );
    const runs = [];
    for (let run = 0; run < RUNS; run++) runs.push(await importOf(join(deployed, `${stage}.mjs`)));
    const medians = [runs.map(({ cpuMs }) => cpuMs), runs.map(({ wallMs }) => wallMs)].map((values) =>
      Math.round(spread(values).median),
    );
    console.log(`| ${[stage, ...kilobytes, ...medians].join(" | ")} |`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
