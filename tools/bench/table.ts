import type { CaseResult, Results, WayResult } from "./results.ts";
import type { Spread } from "./statistics.ts";

const columns = [
  "",
  "CPU s",
  "of it render",
  "old / ours",
  "process CPU s",
  "old / process",
  "wall s",
  "peak MB",
  "read MB",
  "requests",
  "clip MB",
  "frames",
  "PSNR dB",
  "audio ms",
];

/**
 * The results as text for a terminal; numbers are medians, with the spread of the processor time. "CPU s" is of the work alone,
 * in a process that runs already, as a function does; "process CPU s" of a whole `camclips clip`.
 */
export function table(results: Results): string {
  const { machine, recordings } = results;
  const size = `${recordings.width}x${recordings.height}, ${recordings.fps} fps`;
  const sizes = recordings.bytes.map((bytes) => (bytes / 1e6).toFixed(0)).join(" and ");
  const about = [
    `${machine.processor}, ${machine.cores} cores, ${machine.ffmpeg}, Node ${machine.node}`,
    `${recordings.count} recordings of ${recordings.seconds} s, ${size}, ${sizes} MB`,
  ];
  return [...about, ...results.cases.flatMap((one) => ["", `${one.name} (${runs(one)})`, ...rows(one)])].join("\n");
}

export function runs({ runs: count }: CaseResult): string {
  return count === 1 ? "one run" : `medians of ${count} runs`;
}

function rows({ ways }: CaseResult): string[] {
  const old = ways.find(({ way }) => way === "old");
  const cells = [columns, ...ways.map((way) => row(way, old))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) => line.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join("  "));
  const cut = ways.find(({ cutCpuSeconds }) => cutCpuSeconds)?.cutCpuSeconds;
  if (!cut) return lines;
  const ratio = old ? `, 1/${Math.round(old.cpuSeconds.median / cut.median)} of the old way's` : "";
  return [...lines, `fast, the cut by itself: ${spreadText(cut)} CPU s${ratio}`];
}

function spreadText({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} ±${((max - min) / 2).toFixed(2)}`;
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function row(result: WayResult, old: WayResult | undefined): string[] {
  const { cpuSeconds, processCpuSeconds: whole, quality } = result;
  const ratio = (own: Spread | undefined) => (old && own ? (old.cpuSeconds.median / own.median).toFixed(1) : "");
  return [
    result.used === result.way ? result.way : `${result.way} (${result.used})`,
    spreadText(cpuSeconds),
    result.stepCpuSeconds.render.toFixed(2),
    ratio(cpuSeconds),
    whole ? spreadText(whole) : "",
    ratio(whole),
    result.wallSeconds.median.toFixed(1),
    (result.peakBytes.median / 1e6).toFixed(0),
    (result.bytesRead / 1e6).toFixed(1),
    String(result.requests),
    (result.outputBytes / 1e6).toFixed(1),
    quality.exact ? `${quality.frames} exact` : `${quality.frames} of ${quality.expectedFrames}`,
    quality.psnrDb === undefined ? (quality.exact ? "copy" : "") : quality.psnrDb.toFixed(1),
    quality.audioLagMs === undefined ? "" : quality.audioLagMs.toFixed(0),
  ];
}
