import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { TestCamera } from "./footage.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

let stack: Stack;
let camera: TestCamera;

const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;
const started = Math.floor(Date.now() / 1000) * 1000;

beforeAll(async () => {
  stack = await createStack();
  camera = await stack.camera("beach", started - HOUR_MS);
  stack.emptyCamera("desert");
});
afterAll(() => stack?.[Symbol.asyncDispose]());

/** A request for a part of the camera's twelve seconds; its two recordings meet at second 6. */
function requestFor(clipId: string, [from, to]: [number, number] = [4, 8]) {
  const at = (second: number) => camera.startMs + second * 1000;
  return {
    clipId,
    cameraId: camera.cameraId,
    startTimestampInMs: at(from),
    endTimestampInMs: at(to),
    retryTimestamps: [],
  };
}

describe("the deployed pipeline", () => {
  it("cuts a clip over two recordings and tells both sides", async () => {
    await stack.request(requestFor("two-recordings"));
    const { status, body, attributes } = await stack.terminal("two-recordings");
    expect(status).toBe("CLIP_AVAILABLE");
    expect(body).toMatchObject({ bucket: stack.outputs.destinationBucket, coverage: { gaps: [] } });
    expect(attributes).toMatchObject({ status: "CLIP_AVAILABLE", cameraId: "beach" });
    for (const name of ["_80.jpg", "_160.jpg", "_original.jpg"]) {
      const key = `beach/two-recordings${name}`;
      expect(await stack.destination.info(key), key).toMatchObject({ bytes: expect.any(Number) });
    }
    const clip = (await stack.destination.get("beach/two-recordings.mp4")) as Uint8Array;
    expect(createHash("sha256").update(clip).digest("hex")).toBe((body.clip as { sha256: string }).sha256);
    expect(stack.puts("two-recordings").map((put) => put.body)).toEqual([body]);
  });

  it("records every event of a clip, in order", async () => {
    const types = await until("six events in the clip's history", 30_000, async () => {
      const history = (await stack.records.history("two-recordings")).map(({ type }) => type);
      return history.length >= 6 ? history : undefined;
    });
    expect(types).toEqual([
      "RequestAccepted",
      "SourcesLocated",
      "SourcesDownloaded",
      "ClipRendered",
      "ThumbnailsRendered",
      "ClipPublished",
    ]);
  });

  it("reads a request that is written as a Python literal", async () => {
    const { startTimestampInMs, endTimestampInMs } = requestFor("python", [1, 2]);
    await stack.request(
      `{'clipId': u'python', 'cameraId': 'beach', 'startTimestampInMs': '${startTimestampInMs}', ` +
        `'endTimestampInMs': ${endTimestampInMs}, 'retryTimestamps': [], 'gapPolicy': None}`,
    );
    expect((await stack.terminal("python")).status).toBe("CLIP_AVAILABLE");
  });

  const ago = (ms: number, seconds = 10) => ({
    startTimestampInMs: started - ms,
    endTimestampInMs: started - ms + seconds * 1000,
  });
  const manyRetries = Array.from({ length: 17 }, (_, index) => started - 17_000 + index * 1000);
  it.each([
    ["not-available", "CLIP_NOT_AVAILABLE", { ...ago(2 * DAY_MS), cameraId: "desert" }],
    ["out-of-range", "CLIP_OUT_OF_RANGE", { ...ago(8 * DAY_MS), cameraId: "desert" }],
    ["too-long", "CLIP_TOO_LONG", { ...ago(HOUR_MS, 480), cameraId: "beach" }],
    ["retried", "CLIP_RETRY_TIMEOUT", { ...ago(60_000), cameraId: "desert", retryTimestamps: manyRetries }],
    ["backwards", "FATAL_ERROR", { ...ago(HOUR_MS, -10), cameraId: "beach" }],
    ["nowhere", "FATAL_ERROR", { ...ago(HOUR_MS), cameraId: "unknown" }],
  ])("answers %s with %s", async (clipId, status, request) => {
    await stack.request({ clipId, retryTimestamps: [], ...request });
    const { body } = await stack.terminal(clipId);
    expect(body).toMatchObject({ status, reason: expect.any(String), thumbnail: { sizes: [] } });
    expect(body).not.toHaveProperty("bucket");
  });

  it("makes one clip and tells once, however often a request is sent", async () => {
    const request = requestFor("again", [2, 4]);
    await Promise.all([stack.request(request), stack.request(request), stack.request(request)]);
    await stack.terminal("again");
    await stack.request(request);
    await sleep(10_000);
    expect((await stack.notified("again")).map(({ status }) => status)).toEqual(["CLIP_AVAILABLE"]);
    expect(stack.puts("again").map(({ body }) => body.status)).toEqual(["CLIP_AVAILABLE"]);
  });

  it("refuses another range under a clipId that is taken; the first clip stays", async () => {
    await stack.request(requestFor("taken", [1, 2]));
    await stack.terminal("taken");
    const before = await stack.destination.get("beach/taken.mp4");
    await stack.request(requestFor("taken", [2, 4]));
    const refusal = await until("a refusal", 60_000, async () =>
      (await stack.notified("taken")).find(({ status }) => status === "FATAL_ERROR"),
    );
    expect(refusal.body).toMatchObject({ reason: "INVALID_REQUEST" });
    expect(stack.puts("taken").map(({ body }) => body.status)).toEqual(["CLIP_AVAILABLE"]);
    expect(await stack.destination.get("beach/taken.mp4")).toEqual(before);
  });

  it("lets a poison message fail alone, and keeps it", async () => {
    await Promise.all([
      stack.request(requestFor("before-poison", [1, 2])),
      stack.request("{'no': request"),
      stack.request('{"clipId": "../../etc/passwd", "cameraId": "beach"}'),
      stack.request(requestFor("after-poison", [2, 3])),
    ]);
    expect((await stack.terminal("before-poison")).status).toBe("CLIP_AVAILABLE");
    expect((await stack.terminal("after-poison")).status).toBe("CLIP_AVAILABLE");
    const { dlqUrl } = stack.outputs.stages["accept-request"] as { dlqUrl: string };
    await until("two dead letters", 220_000, async () => {
      const query = { QueueUrl: dlqUrl, AttributeNames: ["ApproximateNumberOfMessages" as const] };
      const { Attributes } = await stack.clients.sqs.send(new GetQueueAttributesCommand(query));
      return Attributes?.ApproximateNumberOfMessages === "2" ? true : undefined;
    });
  }, 280_000);
});
