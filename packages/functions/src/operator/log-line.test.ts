import { describe, expect, it } from "vitest";
import { isWanted, type LogLine, readLine } from "./log-line.ts";

const json = (fields: object) =>
  JSON.stringify({ level: "INFO", message: "stage done", timestamp: "2026-11-23T12:00:00.000Z", ...fields });
const read = (text: string): LogLine => {
  const line = readLine(text, "render-clip", 5);
  if (!line) throw new Error("nothing was read");
  return line;
};

describe("a line of a log", () => {
  it("is read with its time, level, stage, clip and what went wrong", () => {
    const error = { name: "Error", message: "out of memory", stack: "..." };
    const line = read(json({ level: "ERROR", message: "stage failed", stage: "render-clip", clipId: "clip-1", error }));
    expect(line).toMatchObject({
      ...{ atMs: Date.UTC(2026, 10, 23, 12), level: "error", stage: "render-clip", clipId: "clip-1" },
      summary: "stage failed: Error: out of memory",
    });
    const done = read(json({ stage: "publish-clip", emitted: ["ClipPublished"], durationMs: 12 }));
    expect(done.summary).toBe("stage done: ClipPublished (12 ms)");
  });

  it.each([
    "START RequestId: 1 Version: $LATEST",
    "REPORT RequestId: 1 Duration: 3 ms",
    '{"_aws":{"Timestamp":1}}',
    "",
  ])("is left out where nobody wants to read it: %s", (text) => {
    expect(readLine(text, "render-clip", 5)).toBeUndefined();
  });

  it("is an error where Lambda says that a function ended badly", () => {
    const line = read("2026-11-23T12:00:00.000Z 1 Task timed out after 60.00 seconds");
    expect(line).toMatchObject({ level: "error", stage: "render-clip", atMs: 5, clipId: undefined });
  });

  it("is wanted from its level on, by its clip and its time", () => {
    const line = read(json({ level: "WARN", clipId: "clip-1" }));
    expect(isWanted(line, { sinceMs: 0, level: "info" })).toBe(true);
    expect(isWanted(line, { sinceMs: line.atMs, clipId: "clip-1", level: "warn" })).toBe(true);
    expect(isWanted(line, { sinceMs: 0, level: "error" })).toBe(false);
    expect(isWanted(line, { sinceMs: 0, clipId: "clip-2", level: "info" })).toBe(false);
    expect(isWanted(line, { sinceMs: line.atMs + 1, level: "info" })).toBe(false);
  });
});
