import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { formatLine } from "./log-line.ts";

it("a line of a log is shown with its time, level, stage, clip and what went wrong", () => {
  const line = { atMs: Date.UTC(2026, 10, 23, 12), level: "error", stage: "render-clip", text: "{}" } as const;
  const shown = formatLine({ ...line, clipId: "clip-1", summary: "stage failed: Error: broke" }, process.stdout);
  expect(stripVTControlCharacters(shown)).toBe(
    "2026-11-23T12:00:00.000Z  ERROR  render-clip        clip-1  stage failed: Error: broke",
  );
});
