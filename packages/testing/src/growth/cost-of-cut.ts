import { createWriteStream, readdirSync, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { makeRecording, type Recording, type RecordingOptions } from "@camclips/media/synthetic";
import { fileSource, sliceRecording } from "@camclips/mp4";
import { jobOf, type Workshop } from "../media/workshop.ts";
import { counted } from "../mp4/fixtures.ts";

const RUNS = 3;
const GOP_SECONDS = 2;
const SAMPLE_MS = 5;

export interface Cost {
  cpuSeconds: number;
  bytesRead: number;
  requests: number;
  /** The most that one run of ffmpeg had in memory. */
  ffmpegBytes: number;
}

/** Cuts smart clips in a workshop, and tells what that took. */
export class CostOfCut {
  readonly #shop: Workshop;
  readonly #made = new Map<string, Promise<Recording>>();

  constructor(shop: Workshop) {
    this.#shop = shop;
  }

  /** One of a camera's recordings, all of `seconds`; made once. */
  recording(seconds: number, index = 0, options: Partial<RecordingOptions> = {}): Promise<Recording> {
    const name = JSON.stringify([seconds, index, options]);
    const known = this.#made.get(name) ?? this.#make(seconds, index, options);
    this.#made.set(name, known);
    return known;
  }

  async #make(seconds: number, index: number, options: Partial<RecordingOptions>): Promise<Recording> {
    const path = join(await this.#shop.folder, `recording-${this.#made.size}.mp4`);
    const usual = { gop: 25 * GOP_SECONDS, kbps: 300 };
    return makeRecording({ path, startMs: index * seconds * 1000, seconds, ...usual, ...options });
  }

  /** Of three runs, which the machine disturbs more or less; a busy one also looks at memory less often. */
  async cheapest(recordings: readonly Recording[], startMs: number, endMs: number): Promise<Cost> {
    let best = await this.#cut(recordings, startMs, endMs);
    for (let run = 1; run < RUNS; run++) {
      const next = await this.#cut(recordings, startMs, endMs);
      const ffmpegBytes = Math.max(best.ffmpegBytes, next.ffmpegBytes);
      best = { ...(next.cpuSeconds < best.cpuSeconds ? next : best), ffmpegBytes };
    }
    return best;
  }

  /** Slices the recordings and cuts the clip, as the stages do. */
  async #cut(recordings: readonly Recording[], startMs: number, endMs: number): Promise<Cost> {
    const before = cpuSeconds();
    const folder = await mkdtemp(join(await this.#shop.folder, "slices-"));
    const job = jobOf(recordings, startMs, endMs, { precision: "smart" });
    const cost = { bytesRead: 0, requests: 0, ffmpegBytes: 0 };
    for (const [index, source] of job.sources.entries()) {
      await using file = await fileSource(source.path);
      const reading = counted(file);
      const seconds = {
        fromSeconds: (source.fromMs - source.zeroMs) / 1000,
        toSeconds: (source.toMs - source.zeroMs) / 1000,
      };
      const slice = await sliceRecording(reading, source.path, seconds);
      source.path = join(folder, `${index}.mp4`);
      source.zeroMs += slice.zeroSeconds * 1000;
      await pipeline(slice.chunks(), createWriteStream(source.path));
      const ranges = [...reading.traffic.reads, ...reading.traffic.streams];
      cost.bytesRead += ranges.reduce((sum, [start, end]) => sum + end - start, 0);
      cost.requests += ranges.length;
    }
    const scratch = await mkdtemp(join(folder, "scratch-"));
    const timer = setInterval(() => {
      cost.ffmpegBytes = Math.max(cost.ffmpegBytes, childPeakBytes());
    }, SAMPLE_MS);
    const report = await this.#shop.engine
      .renderClip({ ...job, output: join(folder, "clip.mp4") }, { scratch })
      .finally(() => clearInterval(timer));
    if (report.precision !== "smart") throw new Error(`not cut: ${report.why}`);
    return { ...cost, cpuSeconds: cpuSeconds() - before };
  }
}

/** Processor seconds of this process and of its children that have ended; /proc counts in hundredths. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  const text = readFileSync("/proc/self/stat", "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (user + system) / 1e6 + (Number(fields[13]) + Number(fields[14])) / 100;
}

/**
 * The most memory that one of the processes which this one has started had until now: the kernel keeps it, so that a
 * peak between two looks is seen. Not their sum: how many run at once depends on what else the machine does.
 */
function childPeakBytes(): number {
  const children = readdirSync("/proc/self/task").flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
  );
  return Math.max(0, ...children.map(peakBytesOf));
}

function peakBytesOf(pid: string): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(kilobytes?.[1] ?? 0) * 1024;
  } catch {
    // It has ended.
    return 0;
  }
}
