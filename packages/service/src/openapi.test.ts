import { PIER_START, startTestService, type TestService } from "@camclips/testing/test-service";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Calls of every operation that the service's own document has, with values that fit and values that do not. */
let world: TestService;
interface Operation {
  method: string;
  path: string;
  parameters: { name: string; in: string }[];
  hasBody: boolean;
  responses: Record<string, { content?: Record<string, unknown> }>;
}
let operations: Operation[];

beforeAll(async () => {
  world = await startTestService();
  const { paths } = await world.json("/openapi.json");
  operations = Object.entries<Record<string, Omit<Operation, "path" | "method"> & { requestBody?: unknown }>>(
    paths,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      ...{ method: method.toUpperCase(), path, parameters, hasBody: requestBody !== undefined, responses },
    })),
  );
});
afterAll(() => world[Symbol.asyncDispose]());

const odd = fc.oneof(
  fc.constantFrom(
    "pier",
    "",
    "..",
    "%00",
    "' OR 1=1",
    "2026-01-01T13:05:10Z",
    "9".repeat(30),
    "-1",
    "NaN",
    "working",
    "160",
    "🚗",
    "\u202e",
  ),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.integer().map(String),
);
const value = fc.oneof({ weight: 3, arbitrary: odd }, fc.constant(String(PIER_START)), fc.constant("pier"));
const instant = fc.oneof(
  fc.constantFrom<unknown>(PIER_START, PIER_START + 900, "2026-01-01T13:05:11Z"),
  fc.jsonValue({ maxDepth: 1 }),
);
const body = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.record(
    { camera: odd, start: instant, end: instant, clipId: odd, gapPolicy: odd },
    { requiredKeys: ["camera", "start", "end"] },
  ),
  fc.record({ clipId: odd, status: odd, seconds: fc.integer() }),
);

describe("the service's own description of itself", () => {
  it("says of every operation what it is for, and what it needs", async () => {
    expect(operations.length).toBeGreaterThan(15);
    const { paths } = await world.json("/openapi.json");
    const undescribed = operations.filter(({ path, method }) => !paths[path][method.toLowerCase()].summary);
    expect(undescribed).toEqual([]);
  });

  it("tells every answer that there may be, whatever is asked", async () => {
    const calls = fc.record({
      which: fc.nat(),
      path: fc.infiniteStream(value),
      query: fc.infiniteStream(fc.option(value)),
      body,
    });
    await fc.assert(
      fc.asyncProperty(calls, async ({ which, path, query, body }) => {
        const operation = operations[which % operations.length];
        if (!operation || operation.path.endsWith("events")) return;
        const filled = operation.path.replace(
          /\{\w+\}/g,
          () => encodeURIComponent(path.next().value.replaceAll(/\p{Cs}/gu, "")) || "x",
        );
        const asked = new URLSearchParams();
        for (const { name, in: place } of operation.parameters) {
          const chosen = place === "query" ? query.next().value : null;
          if (chosen !== null) asked.set(name, chosen);
        }
        const init = operation.hasBody ? { json: body, method: operation.method } : { method: operation.method };
        const answer = await world.call(`${filled}?${asked}`, init);
        const told = `${operation.method} ${filled}?${asked} ${JSON.stringify(body)} answers ${answer.status}`;
        await answer.arrayBuffer();
        // What a router makes of dots, and of an empty segment, is another operation's.
        if (/\/(?:\.|%2E|\/|\?)/i.test(`${filled}?`)) return;
        expect(Object.keys(operation.responses), told).toContain(String(answer.status));
        if (answer.status >= 400)
          expect(answer.headers.get("content-type"), told).toContain("application/problem+json");
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 250) },
    );
    expect(world.errors).toEqual([]);
  });
});
