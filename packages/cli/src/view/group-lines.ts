import type { GroupView } from "@camclips/functions";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { instant, plural, roughly, statusAndReason } from "./format.ts";

/** A group for people: how it stands, then a line for each item. */
export function groupLines({ groupId, status, decided, items }: GroupView): string {
  const head = `${groupId}  ${status}, ${decided} of ${plural(items.length, "item")} decided`;
  const lines = items.map((item) => {
    const { clipId, cameraId, startTimestampInMs: startMs, endTimestampInMs: endMs, message } = item;
    const range = startMs === null || endMs === null ? "" : `${instant(startMs)} ${roughly(endMs - startMs)}`;
    const outcome = statusAndReason(item.status, item.reason);
    return `  ${[clipId, cameraId, range, message ? `${outcome}: ${message}` : outcome].filter(Boolean).join("  ")}`;
  });
  return `${[head, ...lines].join("\n")}\n`;
}

export function exitCodeOfGroup({ status }: Pick<GroupView, "status">): ExitCode {
  if (status === "GROUP_PENDING") return exitCodes.pending;
  return status === "GROUP_AVAILABLE" ? exitCodes.ok : exitCodes.noClip;
}
