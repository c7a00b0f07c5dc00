import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Work, WorkDone } from "./work.ts";

const SAMPLE_MS = 25;
const PAGE_BYTES = 4096;

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

function residentBytes(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    return pages * PAGE_BYTES + children.reduce((bytes, child) => bytes + residentBytes(child), 0);
  } catch {
    return 0;
  }
}
