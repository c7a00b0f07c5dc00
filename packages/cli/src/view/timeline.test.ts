import { type AnyEvent, nextEvent } from "@camclips/events";
import { sampleEvent, sampleFact } from "@camclips/testing/sample-events";
import { expect, it } from "vitest";
import { entryLine } from "./plain-view.ts";
import { timelineOf } from "./timeline.ts";

const accepted = sampleEvent("RequestAccepted");
const at = (ms: number): string => new Date(Date.parse(accepted.metadata.occurredAt) + ms).toISOString();
const located = (ms: number) => nextEvent(sampleFact("SourcesLocated"), 1, accepted, at(ms)) as AnyEvent;

it("a timeline counts from its first event, and each stage from the event that it took", () => {
  expect(timelineOf([accepted, located(120)])).toMatchObject([
    { stage: "accept-request", offsetMs: 0, durationMs: null },
    { stage: "locate-sources", offsetMs: 120, durationMs: 120 },
  ]);
});

it("a timeline of a message that is sent again shows no negative time for what it led to before", () => {
  const [, before] = timelineOf([accepted, located(-13_183)]);
  expect(before).toMatchObject({ offsetMs: null, durationMs: null });
  const line = before && entryLine(before, process.stderr);
  expect(line).toMatch(/^ {3}earlier {2}locate-sources .* 1 recording$/);
});
