import { readFile } from "node:fs/promises";
import {
  type AnyEvent,
  type ClipRequest,
  nextEvent,
  type StageName,
  ThumbnailsRendered,
  takersOf,
} from "@camclips/events";
import { expect, it } from "vitest";
import type { Deps } from "../../../functions/src/runtime/deps.ts";
import type { StageHandler } from "../../../functions/src/runtime/process.ts";
import { acceptRequest } from "../../../functions/src/stages/accept-request.ts";
import { publishClip } from "../../../functions/src/stages/publish-clip.ts";
import { recordEvent } from "../../../functions/src/stages/record-event.ts";
import { sampleData } from "../sample-events.ts";
import { deliver, START, testWorld } from "../stage-world.ts";

const ITEMS = 50;

/** What the two stages that know groups ask of DynamoDB, and how many events, messages and schedules there are. */
async function callsOf(bodies: object[]) {
  await using world = await testWorld();
  const { records } = world.deps;
  const calls = { writes: 0, reads: 0, messages: 0 };
  const counted =
    <A extends unknown[], R>(kind: "writes" | "reads", call: (...args: A) => R) =>
    (...args: A): R => {
      calls[kind] += 1;
      return call(...args);
    };
  const { get, putOnce, claimGroup, lease } = records;
  Object.assign(world.deps.records, {
    get: counted("reads", get),
    putOnce: counted("writes", putOnce),
    claimGroup: counted("writes", claimGroup),
    lease: counted("writes", lease),
  });
  const stages: Partial<Record<StageName, StageHandler<Deps>>> = {
    "publish-clip": publishClip,
    "record-event": recordEvent,
  };
  const run = async (event: AnyEvent): Promise<void> => {
    for (const { stage } of takersOf(event)) {
      const handler = stages[stage];
      if (!handler) continue;
      calls.messages += 1;
      for (const next of await deliver(handler, event, world)) await run(next);
    }
  };
  for (const body of bodies) {
    const events = await deliver(acceptRequest, body, world);
    for (const event of events) await run(event);
    for (const event of events) if (event.type === "RequestAccepted") await run(ended(event, event.data.request));
  }
  return {
    ...calls,
    events: world.published.length,
    schedules: world.schedules.length,
    told: world.notifications.length,
  };
}

const ended = (accepted: AnyEvent, request: ClipRequest): AnyEvent =>
  nextEvent(
    ThumbnailsRendered.happened({ ...sampleData.ThumbnailsRendered, request }),
    1,
    accepted,
    accepted.metadata.occurredAt,
  ) as AnyEvent;

it("docs/operations.md says what a group asks for beside its clips", async () => {
  const items = Array.from({ length: ITEMS }, (_, index) => ({
    ...{ clipId: `clip-${index}`, cameraId: "cam-1" },
    ...{ startTimestampInMs: START, endTimestampInMs: START + 1000 + index },
  }));
  const single = await callsOf(items);
  const group = await callsOf([{ groupId: "incident", items }]);
  const more = (name: keyof typeof single) => group[name] - single[name];
  const page = await readFile(new URL("../../../../docs/operations.md", import.meta.url), "utf8");
  const said = `${more("writes")} writes and ${more("reads")} reads in DynamoDB, ${more("events")} events, ${more("messages")} messages, ${more("schedules")} schedule and ${more("told")} notification`;
  expect(page).toContain(said);
});
