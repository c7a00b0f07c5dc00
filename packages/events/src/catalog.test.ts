import { sampleData, sampleEvent } from "@camclips/testing/sample-events";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod/mini";
import {
  type AnyEvent,
  type AnyFact,
  ClipPublished,
  ClipRejected,
  catalog,
  definitionOf,
  type EventType,
  RequestAccepted,
  SourcesPending,
} from "./catalog.ts";
import { EVENT_SOURCE, type EventOf } from "./define.ts";
import type { ClipRequest } from "./request.ts";

describe.each(catalog.map((definition) => [definition.type, definition] as const))(
  "the event %s",
  (type, definition) => {
    it("is found by its type", () => {
      expect(definitionOf(type)).toBe(definition);
    });

    it("matches its own rule pattern and nothing else's", () => {
      expect(definition.pattern).toEqual({ source: [EVENT_SOURCE], "detail-type": [type] });
    });

    it("reads back what its constructor made", () => {
      const fact = definition.happened(sampleData[type] as never);
      expect(fact).toEqual({ type, data: sampleData[type] });
      const { metadata } = sampleEvent(type);
      const detail = JSON.parse(JSON.stringify({ metadata, data: fact.data }));
      expect(definition.parse(detail)).toEqual({ type, metadata, data: fact.data });
    });

    it("refuses data that the catalogue does not promise", () => {
      expect(() => definition.happened({} as never)).toThrow(z.core.$ZodError);
      const { metadata } = sampleEvent(type);
      expect(() => definition.parse({ metadata, data: {} })).toThrow(z.core.$ZodError);
      expect(() => definition.parse({ data: sampleData[type] })).toThrow(z.core.$ZodError);
    });

    it("refuses data of another version", () => {
      const { metadata } = sampleEvent(type);
      const later = { ...metadata, version: definition.version + 1 };
      expect(() => definition.parse({ metadata: later, data: sampleData[type] })).toThrow(/version/);
    });

    it("has a JSON schema whose fields are those of the event", () => {
      const schema = z.toJSONSchema(definition.detail) as { properties: Record<string, { properties: object }> };
      expect(Object.keys(schema.properties)).toEqual(["metadata", "data"]);
      expect(Object.keys(schema.properties.data?.properties ?? {})).toEqual(
        expect.arrayContaining(Object.keys(sampleData[type])),
      );
    });
  },
);

it("has one definition per name, and names are facts in the past tense", () => {
  const names = catalog.map(({ type }) => type);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/(?:ed|Pending)$/);
});

it("has no definition of a type that nobody defined", () => {
  expect(definitionOf("ClipForgotten")).toBeUndefined();
  expect(definitionOf("__proto__")).toBeUndefined();
});

it("takes no terminal event for a clip that is still pending", () => {
  expect(() => ClipPublished.happened({ ...sampleData.ClipPublished, status: "CLIP_PENDING" as never })).toThrow();
  expect(() => ClipRejected.happened({ ...sampleData.ClipRejected, status: "CLIP_AVAILABLE" as never })).toThrow();
});

it("takes no id that could leave its folder, its URL or its schedule", () => {
  const { request } = sampleData.RequestAccepted;
  const hostile = ["", ".", "..", ".a", "../a", "a/b", "a\\b", "a".repeat(129), "a\u0000", "a\n", "a\u2028", "a\ud800"];
  for (const clipId of hostile) {
    const happen = () => RequestAccepted.happened({ request: { ...request, clipId } });
    expect(happen, JSON.stringify(clipId)).toThrow(/must be 1 to 128/);
  }
  for (const clipId of ["é".repeat(101), " ".repeat(67)])
    expect(() => RequestAccepted.happened({ request: { ...request, clipId } })).toThrow(/at most 200 bytes/);
});

it("takes ids as callers and cameras have them", () => {
  const { request } = sampleData.RequestAccepted;
  const ids = [
    "-NxT5kWq3mJ8aBcDeFgH",
    "_1StGXR8",
    "Front Door",
    "front.door",
    "Süd",
    "前门",
    "Cam #1",
    "100%",
    "a:b",
    "a?b",
  ];
  for (const id of ids) RequestAccepted.happened({ request: { ...request, clipId: id, cameraId: id } });
});

it("gives every event the type of its data", () => {
  expectTypeOf<"RequestAccepted" | "ClipFailed">().toExtend<EventType>();
  expectTypeOf<string>().not.toExtend<EventType>();
  expectTypeOf<EventOf<typeof RequestAccepted>["data"]>().toEqualTypeOf<{ request: ClipRequest }>();
  expectTypeOf<Extract<AnyEvent, { type: "SourcesPending" }>["data"]["nextAttemptMs"]>().toEqualTypeOf<number>();
  expectTypeOf<AnyFact["type"]>().toEqualTypeOf<EventType>();
  expectTypeOf(SourcesPending.type).toEqualTypeOf<"SourcesPending">();
  expectTypeOf(RequestAccepted.pattern).toEqualTypeOf<{ source: [string]; "detail-type": ["RequestAccepted"] }>();
  // A default makes a field optional for whoever states the fact, not for whoever reads it.
  expectTypeOf<Parameters<typeof ClipRejected.happened>[0]["conflict"]>().toEqualTypeOf<boolean | undefined>();
  expectTypeOf<EventOf<typeof ClipRejected>["data"]["conflict"]>().toEqualTypeOf<boolean>();
});
