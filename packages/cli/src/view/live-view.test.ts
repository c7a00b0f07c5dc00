import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { type AnyEvent, ClipRejected, firstEvent, nextEvent, RequestAccepted } from "@camclips/events";
import { sampleEvent } from "@camclips/testing/sample-events";
import { expect, it, vi } from "vitest";
import { LiveView } from "./live-view.ts";
import { PlainView } from "./plain-view.ts";

const request = {
  clipId: "clip",
  cameraId: "camera",
  startMs: 1_540_954_320_051,
  endMs: 1_540_954_330_051,
  retryTimestamps: [],
  gapPolicy: "SKIP_GAPS" as const,
  sentMs: 1_540_954_400_000,
};
const at = (ms: number) => new Date(request.sentMs + ms).toISOString();
const origin = { clipId: "clip", key: "key", deadlineAt: at(1e6) };
const accepted = firstEvent(RequestAccepted.happened({ request }), 1, origin, at(5)) as AnyEvent;
const rejection = { request, status: "CLIP_NOT_AVAILABLE", reason: "NO_FOOTAGE", message: "m".repeat(200) } as const;
const rejected = nextEvent(ClipRejected.happened(rejection), 1, accepted, at(65)) as AnyEvent;

const ERASE = "\u001b[J";

/** A terminal that keeps what was written; what it shows is what comes after the last erasure. */
function terminal(columns = 60) {
  let written = "";
  const write = (text: string) => {
    written += text;
    return true;
  };
  const stream = Object.assign(new Writable(), { isTTY: true, columns, write }) as unknown as NodeJS.WriteStream;
  const shown = () => stripVTControlCharacters(written.split(ERASE).at(-1) ?? "").split("\n");
  return { stream, shown, written: () => written };
}

it("the live view shows what is done, what runs and what is to come, and lets no line wrap", () => {
  const { stream, shown, written } = terminal();
  const view = new LiveView(stream);
  view.event(accepted);
  view.event(accepted);
  expect(shown()[0]).toMatch(/^ {2}✔ accept-request .* camera, 10\.000 s/);
  expect(shown()[1]).toMatch(/^ {2}\S locate-sources/);
  expect(shown()[2]).toBe("  · download-sources");
  // Stages that no clip goes through are not waited for.
  expect(shown().at(-2)).toBe("  · publish-clip");

  view.event(rejected);
  expect(shown()[1]).toMatch(/^ {2}✘ locate-sources +0\.060 s {2}CLIP_NOT_AVAILABLE NO_FO.*…$/);
  expect(shown().find((line) => line.includes("publish-clip"))).toMatch(/^ {2}[^·] publish-clip/);
  for (const line of shown()) expect(line.length).toBeLessThan(60);

  view.note("a warning");
  expect(written()).toContain("a warning\n");
  view.close();
  expect(written().endsWith("\u001b[?25h")).toBe(true);
});

it("both views show how long a render will take", () => {
  vi.useFakeTimers();
  const [live, plain] = [terminal(80), terminal()];
  const views = [new LiveView(live.stream), new PlainView(plain.stream, 1)];
  const { clipId } = accepted.metadata;
  for (const type of ["RequestAccepted", "SourcesLocated", "SourcesDownloaded"] as const)
    for (const view of views) view.event(sampleEvent(type));
  for (const percent of [0, 25, 50]) {
    for (const view of views) view.progress(clipId, percent);
    vi.advanceTimersByTime(10_000);
  }
  expect(live.shown()[3]).toMatch(/render-clip +█+░+ {2}50 % {2}about 10 s left$/);
  expect(plain.written()).toMatch(/^ +render-clip +50 %, about 20 s left$/m);
  for (const view of views) view.close();
  vi.useRealTimers();
});
