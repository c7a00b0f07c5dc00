import { stat } from "node:fs/promises";
import { childrenCpuSeconds } from "./children-cpu.ts";
import { fetchOld, renderOld, thumbnailsOld } from "./old-way.ts";
import { clipPath, cutFast, fetchOurs, renderOurs, thumbnailsOurs } from "./our-way.ts";
import { peers } from "./peers/peers.ts";
import { PEERS, type Step, type Work, type WorkDone } from "./work.ts";

const steps: Partial<WorkDone["steps"]> = {};

/** Processor seconds of this process and of the children that have ended. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + childrenCpuSeconds();
}

async function step<T>(name: Step, act: () => Promise<T>): Promise<T> {
  const cpu = cpuSeconds();
  const started = performance.now();
  const result = await act();
  steps[name] = { cpuSeconds: cpuSeconds() - cpu, wallSeconds: (performance.now() - started) / 1000 };
  return result;
}

async function doWork(work: Work): Promise<Omit<WorkDone, "steps" | "bytes">> {
  if (work.way === "old") {
    const paths = await step("fetch", () => fetchOld(work));
    const clip = await step("render", () => renderOld(work, paths));
    await step("thumbnails", () => thumbnailsOld(work, clip));
    return { clip, used: "old", encodedFrames: undefined };
  }
  const peer = PEERS.find((name) => name === work.way);
  if (peer) {
    const paths = await step("fetch", () => fetchOld(work));
    const clip = await step("render", () => peers[peer](work, paths));
    await step("thumbnails", async () => {});
    return { clip, used: peer, encodedFrames: undefined };
  }
  const sources = await step("fetch", () => fetchOurs(work));
  if (work.cutOnly) {
    await step("render", () => cutFast(work, sources));
    return { clip: clipPath(work), used: work.way, encodedFrames: 0 };
  }
  const report = await step("render", () => renderOurs(work, sources));
  await step("thumbnails", () => thumbnailsOurs(work));
  return { clip: clipPath(work), used: report.precision, encodedFrames: report.encodedFrames };
}

const done = await doWork(JSON.parse(process.argv[2] ?? "{}"));
process.stdout.write(JSON.stringify({ ...done, steps, bytes: (await stat(done.clip)).size }));
process.exit();
