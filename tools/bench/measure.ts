import { spawn } from "node:child_process";
import { residentBytes } from "./resident-bytes.ts";
import type { Work, WorkDone } from "./work.ts";

const SAMPLE_MS = 25;

export interface Measured extends WorkDone {
  cpuSeconds: number;
  wallSeconds: number;
  /** Largest sum of the resident memory of the worker and all its children, sampled every 25 ms. */
  peakBytes: number;
}

/** Runs one piece of work in a process of its own. */
export async function measure(work: Work): Promise<Measured> {
  const worker = new URL("./worker.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [worker, JSON.stringify(work)], { stdio: ["ignore", "pipe", "inherit"] });
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(child.pid ?? 0));
  }, SAMPLE_MS);
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`the worker for "${work.way}" ended with exit code ${code}`);
  const done: WorkDone = JSON.parse(output);
  const sum = (key: "cpuSeconds" | "wallSeconds") =>
    Object.values(done.steps).reduce((all, step) => all + step[key], 0);
  return { ...done, cpuSeconds: sum("cpuSeconds"), wallSeconds: sum("wallSeconds"), peakBytes };
}
