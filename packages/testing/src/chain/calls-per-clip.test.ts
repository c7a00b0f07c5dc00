import { appendFile, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createS3Store } from "@camclips/aws";
import type { ClipRecords } from "@camclips/core";
import { type AnyEvent, pipeline, type StageName } from "@camclips/events";
import type { MediaEngine } from "@camclips/media";
import { expect, it } from "vitest";
import type { Deps } from "../../../functions/src/runtime/deps.ts";
import type { StageHandler } from "../../../functions/src/runtime/process.ts";
import { BUCKET, type FakeS3, startFakeS3 } from "../fake-s3.ts";
import { deliver, fakeMedia, requestBody, START, type TestWorld, testWorld } from "../stage-world.ts";

const OPERATIONS = fileURLToPath(new URL("../../../../docs/operations.md", import.meta.url));

/** A minute at 4 Mbit/s. */
const CLIP_BYTES = 30 * 1024 * 1024;

/** An engine whose clips are as large as real ones: a box that players skip fills them up. */
function largeMedia(): MediaEngine {
  const media = fakeMedia();
  return {
    ...media,
    async renderClip(job, options) {
      const report = await media.renderClip(job, options);
      const box = Buffer.alloc(CLIP_BYTES);
      box.writeUInt32BE(CLIP_BYTES, 0);
      box.write("free", 4, "latin1");
      await appendFile(job.output, box);
      return { ...report, bytes: report.bytes + CLIP_BYTES };
    },
  };
}

/** Counts what an adapter for DynamoDB would call. */
function counting(records: ClipRecords, count: (call: string) => void): ClipRecords {
  return {
    ...records,
    get(...args) {
      count("GetItem");
      return records.get(...args);
    },
    putOnce(key, value, options) {
      count(options?.status ? "TransactWriteItems" : "PutItem");
      return records.putOnce(key, value, options);
    },
    lease(...args) {
      count("PutItem");
      return records.lease(...args);
    },
    setStatus(...args) {
      count("PutItem");
      return records.setStatus(...args);
    },
  };
}

const handlers = new Map<StageName, StageHandler<Deps>>();
for (const { stage } of pipeline) {
  const module = await import(`../../../functions/src/stages/${stage}.ts`);
  handlers.set(stage, module[stage.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())]);
}

const takersOf = (event: AnyEvent): StageName[] =>
  pipeline.flatMap(({ stage, input }) =>
    input.from === "bus" && (input.events as readonly string[]).includes(event.type) ? [stage] : [],
  );

/** A clip's whole way, its deadline check included. */
async function runChain(world: TestWorld): Promise<number> {
  let messages = 1;
  const run = async (stage: StageName, body: unknown): Promise<void> => {
    const events = await deliver(handlers.get(stage) as StageHandler<Deps>, body, world);
    for (const event of events)
      for (const taker of takersOf(event)) {
        messages += 1;
        await run(taker, event);
      }
  };
  await run("accept-request", requestBody());
  const [watch] = world.schedules;
  await run("check-deadline", JSON.parse(watch?.body ?? ""));
  return messages + 1;
}

const callsOf = (stores: FakeS3[], methods: RegExp) =>
  stores.flatMap(({ calls }) => calls).filter(({ method }) => methods.test(method)).length;

it("a clip costs as many calls as docs/operations.md says", async () => {
  await using world = await testWorld({ THUMBNAIL_SIZES: "300 640 1500 3000" });
  await using origin = await startFakeS3();
  await using work = await startFakeS3();
  await using destination = await startFakeS3();
  const name = await world.record(START);
  await createS3Store(origin.client, BUCKET).put(
    name,
    (await world.deps.origin.open(name).then((object) => object?.read(0, object.size))) as Uint8Array,
    { contentType: "video/mp4" },
  );
  origin.calls.length = 0;
  const counts: Record<string, number> = {};
  const count = (call: string) => {
    counts[call] = (counts[call] ?? 0) + 1;
  };
  Object.assign(world.deps, {
    origin: createS3Store(origin.client, BUCKET),
    work: createS3Store(work.client, BUCKET),
    destination: createS3Store(destination.client, BUCKET),
    records: counting(world.deps.records, count),
    media: largeMedia(),
  });
  const messages = await runChain(world);
  expect(world.notifications.map(({ attributes }) => attributes.status)).toEqual(["CLIP_AVAILABLE"]);

  const stores = [origin, work, destination];
  const rows = {
    "S3 writes": callsOf(stores, /PUT|POST/),
    "S3 reads": callsOf(stores, /GET|HEAD/),
    "DynamoDB writes": (counts.PutItem ?? 0) + (counts.TransactWriteItems ?? 0),
    "of them transactions of two": counts.TransactWriteItems,
    "DynamoDB reads": counts.GetItem,
    events: world.published.length,
    "queue messages": messages,
    schedules: world.schedules.length,
  };
  expect(rows["S3 writes"]).toBeLessThanOrEqual(10);
  const document = await readFile(OPERATIONS, "utf8");
  for (const [what, calls] of Object.entries(rows))
    expect(document, `${what}: ${calls}`).toMatch(new RegExp(`^\\| ${what} \\| \\d+ \\| ${calls} \\|`, "m"));
});
