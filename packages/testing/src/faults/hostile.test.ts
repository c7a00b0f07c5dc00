import { type ClipRecords, clipStatus, type EntryKey, UnreadableRequestError } from "@camclips/core";
import { createCameraService } from "@camclips/core/camera-service";
import { type AnyEvent, RequestAccepted } from "@camclips/events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptRequest } from "../../../functions/src/stages/accept-request.ts";
import { locateSources } from "../../../functions/src/stages/locate-sources.ts";
import { publishClip } from "../../../functions/src/stages/publish-clip.ts";
import { deliver, eventOf, request, requestBody, type StageWorld, testWorld } from "../stage-world.ts";
import { startServer } from "../test-server.ts";

/** FUZZ_RUNS=<n> inputs of each kind; FUZZ_SEED repeats a run. */
const { FUZZ_RUNS = "300", FUZZ_SEED = "1" } = process.env;
const runs = { numRuns: Number(FUZZ_RUNS), seed: Number(FUZZ_SEED), endOnFailure: true };

/** EventBridge takes events of up to 256 kB. */
const MOST_EVENT_BYTES = 256 * 1024;
const SLOWEST_MS = 2000;

/** A record is found by the caller's id as it is: no part of a path, nothing that a terminal would obey. */
const SAFE_ID = /^(?!\.)[^/\\\p{Cc}\p{Cs}]{1,128}$/u;
const SAFE_NAME = /^(?:claim|(?:result|rerun|failure|terminal|notified|put|event)(?:\/[A-Za-z0-9._-]+)+)$/;

/** Records that let no strange key in. */
function strictRecords(records: ClipRecords): ClipRecords {
  const checked = (key: EntryKey): EntryKey => {
    if (!SAFE_ID.test(key.clipId) || !SAFE_NAME.test(key.name) || key.name.includes(".."))
      throw new TypeError(`a key escaped: ${JSON.stringify(key)}`);
    return key;
  };
  return {
    ...records,
    get: (key, signal) => records.get(checked(key), signal),
    putOnce(key, value, options) {
      if (options?.status) clipStatus.parse(options.status);
      return records.putOnce(checked(key), value, options);
    },
    lease: (key, lease, signal) => records.lease(checked(key), lease, signal),
    release: (key, holder, signal) => records.release(checked(key), holder, signal),
  };
}

const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.constantFrom(
    "",
    "..",
    "../../etc/passwd",
    "a\u0000b",
    "\ud800",
    "http://169.254.169.254/latest",
    "a".repeat(10_240),
    "%2e%2e%2f",
    "'; --",
    "{{7*7}}",
  ),
);
const hostileValue = fc.oneof(
  hostileText,
  fc.jsonValue(),
  fc.double(),
  fc.integer(),
  fc.constantFrom(Number.POSITIVE_INFINITY, -1, 0, 1537119363, 1537119363000, "1537119363000", 9e15, null, [], {}, [
    [[[]]],
  ]),
);
const fieldsOf = requestBody();
const strangeField = fc.constantFrom(
  ...[...Object.keys(fieldsOf), "gapPolicy", "precision", "Type", "Records", "Message", "__proto__"],
);
/** With one strange field many requests are accepted, with several hardly any. */
const nearRequest = fc
  .oneof(fc.dictionary(strangeField, hostileValue), fc.dictionary(strangeField, hostileValue, { maxKeys: 1 }))
  .map((change) => ({ ...fieldsOf, ...change }));

/** A valid body with some of its characters replaced, doubled or left out. */
const mangled = fc
  .tuple(
    fc.constantFrom(JSON.stringify(fieldsOf), pythonOf(fieldsOf)),
    fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 3 })), { maxLength: 6 }),
  )
  .map(([text, changes]) =>
    changes.reduce((changed, [at, piece]) => {
      const place = at % (changed.length + 1);
      return changed.slice(0, place) + piece + changed.slice(place + (at % 3));
    }, text),
  );

function pythonOf(fields: Record<string, unknown>): string {
  return JSON.stringify(fields).replaceAll('"', "'").replaceAll("null", "None");
}

const body = fc.oneof(
  mangled,
  nearRequest,
  nearRequest.map((fields) => JSON.stringify(fields)),
  hostileText,
  fc.json(),
);

async function hostileWorld(): Promise<StageWorld> {
  const world = await testWorld();
  world.deps.records = strictRecords(world.deps.records);
  return world;
}

function checkAnswer(events: AnyEvent[]): void {
  for (const event of events) {
    if (Buffer.byteLength(JSON.stringify(event)) > MOST_EVENT_BYTES)
      throw new Error(`${event.type} is too large for the bus`);
    if ("message" in event.data && event.data.message === "") throw new Error(`${event.type} gives no reason`);
  }
}

describe("hostile input", () => {
  it("in a message is accepted, refused with a reason, or unreadable, whatever it is", async () => {
    await using world = await hostileWorld();
    const seen = { accepted: 0, refused: 0, unreadable: 0 };
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const before = process.threadCpuUsage();
        world.schedules.length = 0;
        try {
          const events = await deliver(acceptRequest, text, world);
          checkAnswer(events);
          if (events.length !== 1) throw new Error(`${events.length} answers`);
          seen[events[0]?.type === "RequestAccepted" ? "accepted" : "refused"] += 1;
          for (const event of events)
            if (event.type === "ClipRejected") checkAnswer(await deliver(publishClip, event, world));
          for (const { name } of world.schedules)
            if (!/^[A-Za-z0-9._-]{1,64}$/.test(name)) throw new Error(`a schedule named ${name}`);
        } catch (error) {
          if (!(error instanceof UnreadableRequestError)) throw error;
          seen.unreadable += 1;
        }
        if (process.threadCpuUsage(before).user / 1000 > SLOWEST_MS) throw new Error("it took too long");
      }),
      runs,
    );
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(runs.numRuns / 100);
    for (const { attributes } of world.notifications)
      for (const value of Object.values(attributes)) expect(value).not.toBe("");
  }, 600_000);

  it("in the camera service's answers leads to a decision or to another attempt, and to no other address", async () => {
    await using world = await hostileWorld();
    let answers: string[] = [];
    await using server = await startServer((_, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(answers.shift() ?? "");
    });
    world.deps.cameras = createCameraService({
      camerasUrl: server.url,
      recordingsUrl: server.url,
      attempts: 1,
      timeoutMs: 60_000,
    });
    const entry = fc.record({
      recordingUrl: fc.oneof(
        hostileText,
        hostileText.map((name) => `https://elsewhere.test.com/${encodeURIComponent(name.toWellFormed())}`),
        fc.constant("https://x/pier.stream.20261123T120000000.mp4"),
      ),
      startDate: fc.oneof(hostileText, fc.constant("2026-11-23T12:00:00.000Z")),
      endDate: fc.oneof(hostileText, fc.constant("2026-11-23T12:10:00.000Z")),
    });
    const list = fc.oneof(
      fc.array(entry, { maxLength: 5 }).map((entries) => JSON.stringify(entries)),
      fc.json(),
      hostileText,
    );
    const alias = fc.oneof(
      fc.record({ alias: hostileText }).map((answer) => JSON.stringify(answer)),
      fc.json(),
      hostileText,
      fc.constant('{"alias":"pier"}'),
    );
    let number = 0;
    await fc.assert(
      fc.asyncProperty(alias, list, async (first, second) => {
        answers = [first, second];
        server.requests.length = 0;
        number += 1;
        const event = eventOf(RequestAccepted.happened({ request: request({ clipId: `clip-${number}` }) }), {
          key: String(number),
        });
        const events = await deliver(locateSources, event, world);
        checkAnswer(events);
        for (const found of events)
          if (found.type === "SourcesLocated")
            for (const { key } of found.data.sources)
              if (key === "" || key === ".." || /[/\\\0]/.test(key)) throw new Error(`a key escaped: ${key}`);
        for (const { url } of server.requests)
          if (!/^\/cameras\/(?:cam-1|recording\/[^/?]+\?startDate=\d+&endDate=\d+&allowPartialMatch=true)$/.test(url))
            throw new Error(`asked for ${url}`);
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 3) },
    );
  }, 600_000);
});
