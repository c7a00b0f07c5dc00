import { styleText } from "node:util";
import type { LogLine } from "@camclips/functions";

/** `2026-11-23T12:00:00.000Z  ERROR  render-clip         clip-1  stage failed: Error: out of memory` */
export function formatLine({ atMs, level, stage, clipId, summary }: LogLine, stream: NodeJS.WriteStream): string {
  const colour = level === "error" ? "red" : level === "warn" ? "yellow" : "dim";
  const grave = styleText(colour, level.toUpperCase().padEnd(5), { stream });
  return [new Date(atMs).toISOString(), grave, stage.padEnd(17), clipId ?? "-", summary].join("  ");
}
