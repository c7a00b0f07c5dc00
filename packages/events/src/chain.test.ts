import { SAMPLE_NOW, sampleEvent, sampleFact } from "@camclips/testing/sample-events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnyEvent } from "./catalog.ts";
import { firstEvent, nextEvent } from "./define.ts";
import { markRerun, parseEnvelope, toEnvelope } from "./envelope.ts";
import { derivedId, MAX_HOPS, metadata } from "./metadata.ts";

const later = "2026-11-23T12:34:56.789Z";

describe("the id of an event", () => {
  it("is the same when the same cause is delivered again, at any other time", () => {
    const cause = sampleEvent("RequestAccepted");
    const once = nextEvent(sampleFact("SourcesLocated"), 1, cause, SAMPLE_NOW);
    const again = nextEvent(sampleFact("SourcesLocated"), 1, cause, later);
    expect(again.metadata.id).toBe(once.metadata.id);
    expect(again.metadata.occurredAt).toBe(later);
  });

  it("differs with the cause, the type and the rerun", () => {
    const cause = sampleEvent("RequestAccepted");
    const ids = [
      nextEvent(sampleFact("SourcesLocated"), 1, cause, later),
      nextEvent(sampleFact("SourcesPending"), 1, cause, later),
      nextEvent(sampleFact("SourcesLocated"), 1, sampleEvent("RequestAccepted", { key: "other" }), later),
      nextEvent(sampleFact("SourcesLocated"), 1, markRerun(cause, { id: "r1", notify: false }), later),
      nextEvent(sampleFact("SourcesLocated"), 1, markRerun(cause, { id: "r2", notify: false }), later),
    ].map((event) => event.metadata.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is the same for the same request sent twice", () => {
    expect(sampleEvent("RequestAccepted").metadata).toEqual(sampleEvent("RequestAccepted").metadata);
    const other = sampleEvent("RequestAccepted", { key: "another request" });
    expect(other.metadata.id).not.toBe(sampleEvent("RequestAccepted").metadata.id);
  });

  it("is a valid UUID, and parts that only concatenate to the same text make another one", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), (parts) => {
        expect(metadata.shape.id.safeParse(derivedId(...parts)).success).toBe(true);
      }),
    );
    expect(derivedId("a", "bc")).not.toBe(derivedId("ab", "c"));
    expect(derivedId("a", "")).not.toBe(derivedId("a"));
  });
});

describe("a chain of events", () => {
  it("carries the clip, the deadline, the rerun and the trace from the first event to the last", () => {
    const rerun = { id: "again-1", notify: false };
    const first = sampleEvent("RequestAccepted", { rerun });
    const second = nextEvent(sampleFact("SourcesLocated"), 1, first, later);
    const third = nextEvent(sampleFact("SourcesDownloaded"), 1, second, later);
    expect(third.metadata).toMatchObject({
      clipId: first.metadata.clipId,
      deadlineAt: first.metadata.deadlineAt,
      rerun,
      cause: second.metadata.id,
      hops: 2,
    });
    expect(third.metadata.traceparent.split("-")[1]).toBe(first.metadata.traceparent.split("-")[1]);
    expect(third.metadata.traceparent.split("-")[2]).not.toBe(second.metadata.traceparent.split("-")[2]);
    expect(metadata.safeParse(third.metadata).success).toBe(true);
  });

  it("counts attempts anew: they belong to the stage that tries, not to what follows", () => {
    const cause = sampleEvent("RequestAccepted");
    const tried = { ...cause, metadata: { ...cause.metadata, attempt: 7 } };
    expect(nextEvent(sampleFact("SourcesLocated"), 1, tried, later).metadata.attempt).toBe(1);
  });

  it("ends with an error instead of going round for ever", () => {
    let event = sampleEvent("RequestAccepted") as AnyEvent;
    const goRound = () => {
      for (let hop = 0; hop <= MAX_HOPS; hop += 1) event = nextEvent(sampleFact("SourcesPending"), 1, event, later);
    };
    expect(goRound).toThrow(/loop/);
    expect(event.metadata.hops).toBe(MAX_HOPS);
    expect(metadata.safeParse({ ...event.metadata, hops: MAX_HOPS + 1 }).success).toBe(false);
  });

  it("starts with a first event that its own parser accepts", () => {
    const origin = { clipId: "c1", key: "k", deadlineAt: later };
    const event = firstEvent(sampleFact("ClipRejected"), 1, origin, SAMPLE_NOW);
    expect(metadata.parse(JSON.parse(JSON.stringify(event.metadata)))).toMatchObject({
      hops: 0,
      attempt: 1,
      cause: "k",
    });
  });
});

describe("the envelope", () => {
  const event = sampleEvent("SourcesLocated");

  it("brings back the event that was put in, through JSON", () => {
    expect(parseEnvelope(JSON.parse(JSON.stringify(toEnvelope(event))))).toEqual(event);
  });

  it("marks what EventBridge replays, because the service's own mark is lost at the next event", () => {
    const replayed = parseEnvelope({ ...toEnvelope(event), "replay-name": "after-the-fix" });
    expect(replayed.metadata.rerun).toEqual({ id: "after-the-fix", notify: false });
    expect(replayed.metadata.id).toBe(event.metadata.id);
  });

  it("lets a replay notify again when its name says so", () => {
    const replayed = parseEnvelope({ ...toEnvelope(event), "replay-name": "notify-2026-11-23" });
    expect(replayed.metadata.rerun).toEqual({ id: "notify-2026-11-23", notify: true });
  });

  it("keeps the mark of an event that was part of a rerun before", () => {
    const marked = markRerun(event, { id: "first", notify: false });
    const replayed = parseEnvelope({ ...toEnvelope(marked), "replay-name": "notify-second" });
    expect(replayed.metadata.rerun).toEqual({ id: "first", notify: false });
  });

  it.each([
    ["nothing", undefined],
    ["a number", 7],
    ["another source", { ...toEnvelope(event), source: "aws.s3" }],
    ["an unknown type", { ...toEnvelope(event), "detail-type": "ClipForgotten" }],
    ["a type of another shape", { ...toEnvelope(event), "detail-type": "ClipFailed" }],
    ["no detail", { ...toEnvelope(event), detail: undefined }],
    ["a detail that is text", { ...toEnvelope(event), detail: "{}" }],
  ])("refuses %s", (_, envelope) => {
    expect(() => parseEnvelope(envelope)).toThrow();
  });

  it("refuses whatever is no event, and never anything else happens", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (metadata, data) => {
        const envelope = { ...toEnvelope(event), detail: { metadata, data } };
        expect(() => parseEnvelope(envelope)).toThrow();
      }),
    );
  });
});
