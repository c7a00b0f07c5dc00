import * as z from "zod/mini";

/** From the least to the most grave. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = (typeof LEVELS)[number];

/** One line of a log, of a function on AWS or of this machine's pipeline. */
export interface LogLine {
  atMs: number;
  level: Level;
  /** As it was written. */
  text: string;
  stage: string;
  clipId: string | undefined;
  summary: string;
}

/** Which lines. */
export interface WantedLines {
  sinceMs: number;
  clipId?: string | undefined;
  /** And graver ones. */
  level: Level;
}

const fields = z.object({
  level: z.string(),
  message: z.string(),
  timestamp: z.optional(z.string()),
  stage: z.optional(z.string()),
  service: z.optional(z.string()),
  clipId: z.optional(z.string()),
  reason: z.optional(z.string()),
  why: z.optional(z.string()),
  durationMs: z.optional(z.number()),
  emitted: z.optional(z.array(z.string())),
  error: z.optional(z.union([z.string(), z.object({ name: z.string(), message: z.string() })])),
});

/** What Lambda itself says of every invocation, and of those that end badly. */
const ROUTINE = /^(?:START|END|REPORT|INIT_START|XRAY) /;
const ENDED_BADLY = /Task timed out|Runtime exited|Runtime\.|Error:|signal: killed/;

/** @param stage of the log, where the line does not say it. @returns undefined for what nobody wants to read: metrics, routine. */
export function readLine(text: string, stage: string, writtenMs: number): LogLine | undefined {
  const line = text.trimEnd();
  const read = fields.safeParse(parsed(line));
  if (!read.success) {
    if (line === "" || line.startsWith('{"_aws"') || ROUTINE.test(line)) return undefined;
    const level = ENDED_BADLY.test(line) ? "error" : "info";
    return { atMs: writtenMs, level, text: line, stage, clipId: undefined, summary: line };
  }
  const { level, timestamp, clipId, ...rest } = read.data;
  return {
    atMs: timestamp === undefined ? writtenMs : Date.parse(timestamp),
    level: LEVELS.find((known) => known === level.toLowerCase()) ?? "info",
    text: line,
    stage: rest.stage ?? stage,
    clipId,
    summary: summaryOf(rest),
  };
}

export function isWanted(line: LogLine, { sinceMs, clipId, level }: WantedLines): boolean {
  const isGrave = LEVELS.indexOf(line.level) >= LEVELS.indexOf(level);
  return isGrave && line.atMs >= sinceMs && (clipId === undefined || line.clipId === clipId);
}

function summaryOf({
  message,
  reason,
  why,
  error,
  emitted,
  durationMs,
}: Omit<z.output<typeof fields>, "level">): string {
  const told = typeof error === "object" ? `${error.name}: ${error.message}` : error;
  const detail = [reason, why, told, emitted?.join(", ")].filter(Boolean).join(": ");
  return `${message}${detail && `: ${detail}`}${durationMs === undefined ? "" : ` (${durationMs} ms)`}`;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
