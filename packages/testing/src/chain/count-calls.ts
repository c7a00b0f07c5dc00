import { appendFile } from "node:fs/promises";
import { createS3Store } from "@camclips/aws";
import type { ClipRecords, ClipStatus, Signer } from "@camclips/core";
import type { StageName } from "@camclips/events";
import type { MediaEngine } from "@camclips/media";
import { BUCKET, type FakeS3, startFakeS3 } from "../fake-s3.ts";
import { fakeMedia, request, requestBody, START, type StageWorld, testWorld } from "../stage-world.ts";
import { runToEnd } from "./run-to-end.ts";

/** What one clip asks of AWS: delivered at the first attempt, out of one recording, its deadline check included. */
export interface ClipCalls {
  s3Writes: number;
  s3Reads: number;
  dynamoWrites: number;
  /** Of the writes: transactions of two items. */
  transactions: number;
  dynamoReads: number;
  /** Request units: a kilobyte each, twice that in a transaction, and those of the two indexes. */
  writeUnits: number;
  /** Request units: 4 kB each, consistent. */
  readUnits: number;
  recordBytes: number;
  events: number;
  /** Queue messages; one invocation each. */
  messages: Partial<Record<StageName, number>>;
  schedules: number;
  notifications: number;
}

/** A minute at 4 Mbit/s. */
export const CLIP_BYTES = 30 * 1024 * 1024;

/** Names and times of an item, beside its value. */
const ITEM_BYTES = 150;

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

type RecordCalls = Pick<
  ClipCalls,
  "dynamoWrites" | "transactions" | "dynamoReads" | "writeUnits" | "readUnits" | "recordBytes"
>;

const bytesOf = (value: unknown): number => ITEM_BYTES + Buffer.byteLength(JSON.stringify(value) ?? "");
const unitsOf = (value: unknown): number => Math.ceil(bytesOf(value) / 1024);

/** Counts what the adapter for DynamoDB would call and be billed. */
function counting(records: ClipRecords, calls: RecordCalls): ClipRecords {
  let hasStatus = false;
  // An index entry whose key changes is taken out and put in.
  const indexed = (status: ClipStatus) => {
    const units = unitsOf(status) * (hasStatus ? 3 : 2);
    hasStatus = true;
    return units;
  };
  const write = (value: unknown, status?: ClipStatus) => {
    calls.dynamoWrites += 1;
    calls.recordBytes += bytesOf(value);
    if (status) calls.transactions += 1;
    calls.writeUnits += status ? 2 * (unitsOf(value) + unitsOf(status)) + indexed(status) : unitsOf(value);
  };
  return {
    ...records,
    async get(key, signal) {
      const value = await records.get(key, signal);
      calls.dynamoReads += 1;
      calls.readUnits += Math.ceil(bytesOf(value ?? "") / 4096);
      return value;
    },
    async history(clipId, signal) {
      const events = await records.history(clipId, signal);
      calls.dynamoReads += 1;
      calls.readUnits += Math.ceil(bytesOf(events) / 4096);
      return events;
    },
    putOnce(key, value, options) {
      write(value, options?.status);
      return records.putOnce(key, value, options);
    },
    lease(key, lease, signal) {
      write(lease);
      return records.lease(key, lease, signal);
    },
    setStatus(status, signal) {
      write(status);
      calls.writeUnits += indexed(status);
      return records.setStatus(status, signal);
    },
  };
}

/** Sends a clip its whole way, with its deadline check. */
async function runChain(world: StageWorld): Promise<ClipCalls["messages"]> {
  const messages: ClipCalls["messages"] = {};
  const count = (stage: StageName) => {
    messages[stage] = (messages[stage] ?? 0) + 1;
  };
  await runToEnd("accept-request", requestBody(), world, count);
  const watch = world.schedules.at(-1);
  await runToEnd("check-deadline", JSON.parse(watch?.body ?? ""), world, count);
  return messages;
}

const callsOf = (stores: FakeS3[], methods: RegExp) =>
  stores.flatMap(({ calls }) => calls).filter(({ method }) => methods.test(method)).length;

interface Counted {
  /** Signs the clip's manifest; what it is asked for is for the caller to count. */
  signer?: Signer;
  /** Where the same cut is made once: the calls of the clip that is cut, or of a copy of it. */
  reuse?: "cut" | "copied";
}

/** @throws Error when the clip did not become available. */
export async function callsOfOneClip({ signer, reuse }: Counted = {}): Promise<ClipCalls> {
  await using world = await testWorld({ THUMBNAIL_SIZES: "300 640 1500 3000", ...(signer && { EVIDENCE_KEY: "key" }) });
  await using origin = await startFakeS3();
  await using work = await startFakeS3();
  await using destination = await startFakeS3();
  const name = await world.record(START);
  const recording = await world.deps.origin.open(name).then((object) => object?.read(0, object.size));
  await createS3Store(origin.client, BUCKET).put(name, recording as Uint8Array, { contentType: "video/mp4" });
  const calls = { dynamoWrites: 0, transactions: 0, dynamoReads: 0, writeUnits: 0, readUnits: 0, recordBytes: 0 };
  const { records } = world.deps;
  Object.assign(world.deps, {
    origin: createS3Store(origin.client, BUCKET),
    work: createS3Store(work.client, BUCKET),
    destination: createS3Store(destination.client, BUCKET),
    // What work that lasts looks for depends on the machine.
    lookMs: 600_000,
    media: largeMedia(),
    signer,
    ...(reuse && { engine: async () => "engine-1" }),
  });
  if (reuse === "copied") await runToEnd("accept-request", requestBody(request({ clipId: "clip-0" })), world);
  const stores = [origin, work, destination];
  for (const store of stores) store.calls.length = 0;
  const before = [world.published.length, world.schedules.length, world.notifications.length] as const;
  world.deps.records = counting(records, calls);
  const messages = await runChain(world);
  const told = world.notifications.slice(before[2]);
  if (told[0]?.attributes.status !== "CLIP_AVAILABLE") throw new Error(`the clip is ${told[0]?.attributes.status}`);
  return {
    ...calls,
    s3Writes: callsOf(stores, /PUT|POST/),
    s3Reads: callsOf(stores, /GET|HEAD/),
    events: world.published.length - before[0],
    messages,
    schedules: world.schedules.length - before[1],
    notifications: told.length,
  };
}
