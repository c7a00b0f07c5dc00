import { setTimeout as sleep } from "node:timers/promises";
import { DescribeReplayCommand, StartReplayCommand } from "@aws-sdk/client-eventbridge";
import { type AnyEvent, NOTIFYING_REPLAY_PREFIX } from "@camclips/events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

let stack: Stack;
const started = new Date();

beforeAll(async () => {
  stack = await createStack();
  const camera = await stack.camera("harbour", Math.floor(Date.now() / 1000) * 1000 - 3600_000, { recordings: 1 });
  await stack.request({
    clipId: "replayed",
    cameraId: "harbour",
    startTimestampInMs: camera.startMs + 1000,
    endTimestampInMs: camera.startMs + 3000,
    retryTimestamps: [],
  });
  await stack.terminal("replayed");
});
afterAll(() => stack?.[Symbol.asyncDispose]());

/**
 * Replays everything so far. The emulator ignores FilterArns, so that all rules see the events again: the clip may be
 * published again before it is rendered again.
 */
async function replay(name: string): Promise<AnyEvent[]> {
  const { archiveArn, busArn } = stack.outputs;
  await stack.clients.events.send(
    new StartReplayCommand({
      ReplayName: name,
      EventSourceArn: archiveArn,
      EventStartTime: started,
      EventEndTime: new Date(),
      Destination: { Arn: busArn },
    }),
  );
  await until("the replay's end", 30_000, async () => {
    const { State } = await stack.clients.events.send(new DescribeReplayCommand({ ReplayName: name }));
    return State === "COMPLETED" ? true : undefined;
  });
  return stack.explained("replayed", () =>
    until("the replayed clip's rendering and publication", 60_000, async () => {
      const history = await stack.records.history("replayed");
      const rerun = history.filter(({ metadata }) => metadata.rerun?.id === name);
      const types = rerun.map(({ type }) => type);
      return types.includes("ClipRendered") && types.includes("ClipPublished") ? rerun : undefined;
    }),
  );
}

describe("a replay from the archive", () => {
  it("renders again and tells nobody", async () => {
    const first = await stack.destination.info("harbour/replayed.mp4");
    const events = await replay("again");
    const published = events.find(({ type }) => type === "ClipPublished");
    expect(published?.data).toMatchObject({ status: "CLIP_AVAILABLE", notified: false });
    await sleep(5_000);
    expect(await stack.notified("replayed")).toHaveLength(1);
    expect(stack.puts("replayed")).toHaveLength(1);
    expect(await stack.destination.info("harbour/replayed.mp4")).toMatchObject({ bytes: first?.bytes });
  });

  it("tells both sides again when the operator asks for it", async () => {
    await replay(`${NOTIFYING_REPLAY_PREFIX}again`);
    await until("a second notification", 30_000, async () =>
      (await stack.notified("replayed")).length === 2 ? true : undefined,
    );
    await until("a second PUT", 10_000, () => (stack.puts("replayed").length === 2 ? true : undefined));
  });
});
