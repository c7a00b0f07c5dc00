import { relative } from "node:path";
import { styleText } from "node:util";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { ownCommand, shellWord } from "../own-command.ts";
import type { ClipResult } from "../run/clip-job.ts";
import type { Outcome } from "../run/outcome.ts";
import { bytes, clockTime, seconds } from "./format.ts";

export function exitCodeOf({ status }: Pick<Outcome, "status">): ExitCode {
  if (status === "CLIP_AVAILABLE") return exitCodes.ok;
  return status === "CLIP_PENDING" ? exitCodes.pending : exitCodes.noClip;
}

interface Missing {
  start: number;
  end: number;
  cause: string;
}

/** Fields of the metadata that people want to read. */
interface Told {
  reason?: string;
  message?: string;
  clip?: { key: string; bytes: number; durationMs: number; frames: number };
  thumbnail?: { key: string; sizes: number[] };
  evidence?: { key: string };
  clock?: { key: string };
  preview?: { storyboard: { key: string }; animated?: { key: string } };
  reusedFrom?: string;
  realtimeFactor?: number;
  coverage?: {
    gaps: Missing[];
    held?: [start: number, end: number][];
    audio?: { silent: (Missing & { format?: string })[] };
  };
}

/** The status of one clip, and what it means. */
export function statusLines({ status, metadata, nextAttemptMs }: Outcome, stream: NodeJS.WriteStream): string[] {
  const { reason, message, clip, reusedFrom, realtimeFactor, coverage } = metadata as Told;
  const made = reusedFrom === undefined ? `${realtimeFactor}x real time` : `a copy of ${reusedFrom}`;
  const colour = status === "CLIP_AVAILABLE" ? "green" : status === "CLIP_PENDING" ? "yellow" : "red";
  const facts =
    clip && status === "CLIP_AVAILABLE"
      ? [seconds(clip.durationMs), `${clip.frames} frames`, bytes(clip.bytes), made]
      : [reason === status ? "" : reason, message].filter(Boolean);
  const head = `${styleText(["bold", colour], status, { stream })}  ${facts.join(", ")}`;
  const gaps = (coverage?.gaps ?? []).map(({ start, end, cause }) => `  missing    ${during(start, end)}: ${cause}`);
  const held = (coverage?.held ?? []).map(([start, end]) => `  held       ${during(start, end)}: frames are missing`);
  const silent = (coverage?.audio?.silent ?? []).map(({ start, end, cause, format }) => {
    const why = `${cause}${format === undefined ? "" : ` (${format})`}`;
    return `  silent     ${during(start, end)}: ${why}`;
  });
  const next = nextAttemptMs === undefined ? [] : [`  next attempt at ${new Date(nextAttemptMs).toISOString()}`];
  const full = /\b(ENOSPC|EDQUOT)\b/.test(message ?? "")
    ? ["  the disk is full: free some space, then ask for the clip again"]
    : [];
  return [head, ...gaps, ...held, ...silent, ...next, ...full];
}

function during(start: number, end: number): string {
  return `${clockTime(start)} to ${clockTime(end)} (${seconds(end - start)})`;
}

/** Where an available clip and its thumbnails lie. @param bucket a folder or `s3://name`. */
export function placeLines({ status, metadata }: Outcome, bucket: string): string[] {
  const { clip, thumbnail, clock, preview, evidence } = metadata as Told;
  if (status !== "CLIP_AVAILABLE" || !clip || !thumbnail) return [];
  const pictures = thumbnail.key.replace("{size}", `{${[...thumbnail.sizes, "original"].join(",")}}`);
  const beside = { clock, storyboard: preview?.storyboard, preview: preview?.animated, evidence };
  return [
    line("clip", `${bucket}${clip.key}`),
    line("thumbnails", `${bucket}${pictures}`),
    ...Object.entries(beside).flatMap(([name, file]) => (file ? [line(name, `${bucket}${file.key}`)] : [])),
  ];
}

const line = (name: string, place: string): string =>
  `  ${name.padEnd(10)} ${place.startsWith("s3://") ? place : relative(".", place) || place}`;

/** What a finished clip left, and where. */
function clipReport(
  { outcome, files, request }: ClipResult,
  { out, state }: Output,
  stream: NodeJS.WriteStream,
): string {
  const lines = ["", ...statusLines(outcome, stream), ...placeLines(outcome, out)];
  if (files) lines.push(line("metadata", files.metadata), line("history", files.history));
  lines.push(timelineLine(request.clipId, state));
  return `${lines.join("\n")}\n`;
}

/** The command that shows a clip's history. */
export const timelineLine = (clipId: string, state: string): string =>
  `  timeline   ${ownCommand()} timeline${state === ".camclips" ? "" : ` --state ${shellWord(state)}`} ${shellWord(clipId)}`;

interface Output {
  json?: true;
  out: string;
  state: string;
}

/** Where people read along: with `--json`, stdout is the machine's. */
export const humanStream = ({ json }: Pick<Output, "json">): NodeJS.WriteStream =>
  json ? process.stderr : process.stdout;

/** Prints the result of a clip and sets the exit code. */
export function finishClip(result: ClipResult, options: Output): void {
  const stream = humanStream(options);
  stream.write(clipReport(result, options, stream));
  if (options.json) process.stdout.write(`${JSON.stringify(result.outcome.metadata, null, 2)}\n`);
  process.exitCode = exitCodeOf(result.outcome);
}
