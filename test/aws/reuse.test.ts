import { createHash } from "node:crypto";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";

let stack: Stack;
const CLIPS = 12;

beforeAll(async () => {
  stack = await createStack({ THUMBNAIL_SIZES: "80", PREVIEWS: "storyboard", REUSE: "on" });
});
afterAll(() => stack?.[Symbol.asyncDispose]());

it("cuts a clip once that is asked for many times, and copies it for everybody else", async () => {
  const camera = await stack.camera("lobby", Math.floor(Date.now() / 1000) * 1000 - 3600_000, { recordings: 1 });
  const ask = (clipId: string) =>
    stack.request({
      clipId,
      cameraId: "lobby",
      startTimestampInMs: camera.startMs + 1000,
      endTimestampInMs: camera.startMs + 3000,
      retryTimestamps: [],
    });
  const ids = Array.from({ length: CLIPS }, (_, index) => `clip-${index}`);
  await Promise.all(ids.map(ask));
  const told = await Promise.all(ids.map((id) => stack.terminal(id, 240_000)));
  expect(told.map(({ status }) => status)).toEqual(ids.map(() => "CLIP_AVAILABLE"));
  // Long after the others: nobody is woken any more.
  await ask("late");
  told.push(await stack.terminal("late", 120_000));

  const [maker, ...others] = told.filter(({ body }) => body.reusedFrom === undefined);
  expect(others).toEqual([]);
  const from = maker?.body.clipId;
  expect(new Set(told.map(({ body }) => body.reusedFrom))).toEqual(new Set([undefined, from]));
  for (const id of [...ids, "late"]) {
    const types = (await stack.records.history(id)).map(({ type }) => type);
    expect(types.includes("SourcesDownloaded"), id).toBe(id === from);
    const clip = (await stack.destination.get(`lobby/${id}.mp4`)) as Uint8Array;
    expect(createHash("sha256").update(clip).digest("hex")).toBe(
      (maker?.body.clip as { sha256: string } | undefined)?.sha256,
    );
    for (const name of ["_80.jpg", "_original.jpg", "_storyboard.jpg", "_storyboard.vtt"])
      expect(await stack.destination.info(`lobby/${id}${name}`), `${id}${name}`).toBeDefined();
  }
  expect((await stack.notifications()).map(({ clipId }) => clipId).sort()).toEqual([...ids, "late"].sort());
  for (const [stage, { dlqUrl }] of Object.entries(stack.outputs.stages)) {
    const { Attributes } = await stack.clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: dlqUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
    );
    expect(Attributes?.ApproximateNumberOfMessages, stage).toBe("0");
  }
}, 400_000);
