import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestCamera } from "./footage.ts";
import { Stack } from "./stack.ts";

let stack: Stack;
let camera: TestCamera;

const HOUR_MS = 3600_000;
const now = () => Math.floor(Date.now() / 1000) * 1000;

beforeAll(async () => {
  stack = await Stack.create();
  camera = await stack.camera("beach", now() - HOUR_MS);
});
afterAll(() => stack?.[Symbol.asyncDispose]());

describe("the deployed pipeline", () => {
  it("cuts a clip over two recordings and tells both sides", async () => {
    await stack.request({
      clipId: "two-recordings",
      cameraId: camera.cameraId,
      startTimestampInMs: camera.startMs + 4000,
      endTimestampInMs: camera.startMs + 8000,
      retryTimestamps: [],
    });
    const { status, body, attributes } = await stack.terminal("two-recordings");
    expect(status).toBe("CLIP_AVAILABLE");
    expect(body).toMatchObject({ bucket: stack.outputs.destinationBucket, coverage: { gaps: [] } });
    expect(attributes).toMatchObject({ status: "CLIP_AVAILABLE", cameraId: "beach" });
    for (const name of ["two-recordings.mp4", "two-recordings_80.jpg", "two-recordings_original.jpg"]) {
      expect(await stack.destination.info(`beach/${name}`), name).toMatchObject({ bytes: expect.any(Number) });
    }
  });
});
