import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { clipKey, type Footage, type ObjectReader, readRequest } from "@camclips/core";
import type { AnyEvent, ClipRequest, Settings } from "@camclips/events";
import { toEnvelope } from "@camclips/events";
import { createFolderStore, createLocalCameras, writeWhole } from "@camclips/local";
import * as z from "zod/mini";
import type { View } from "../view/view.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { openSession } from "./session.ts";

/** One clip out of a folder of recordings. */
export interface ClipJob {
  /** The SQS message. */
  body: string;
  alias: string;
  footage: readonly Footage[];
  origin: ObjectReader;
  /** Everything that makes this another job: started again with the same, an unfinished one is taken up. */
  identity: readonly unknown[];
  out: string;
  state: string;
  settings: Settings;
  view: View;
}

export interface ClipResult {
  request: ClipRequest;
  outcome: Outcome;
  history: AnyEvent[];
  /** Present with CLIP_AVAILABLE: paths of what was written. */
  files?: { clip: string; metadata: string; history: string };
}

/** What must be the same when an unfinished job is taken up. */
const begun = z.object({ sentMs: z.int(), aheadMs: z.int() });

const DONE = "done.json";

/** The message is sent this long after the range ended, on the pipeline's clock. */
const AFTER_RANGE_MS = 1000;

/** Runs a job through the pipeline to its terminal status. Killed and run again, it goes on; once finished, it starts afresh. */
export async function runClipJob(job: ClipJob): Promise<ClipResult> {
  const request = parsedRequest(job.body, 0);
  const root = rootOf(job, request);
  if (await readJson(join(root, DONE), z.unknown())) await rm(root, { recursive: true, force: true });
  const { sentMs, aheadMs } = await begin(root, request);

  const camera = { alias: job.alias, recordings: () => job.footage };
  await using session = await openSession({
    ...job,
    root,
    cameras: createLocalCameras(new Map([[request.cameraId, camera]])),
    destination: createFolderStore(job.out),
    destinationBucket: job.out,
    clock: { now: () => Date.now() + aheadMs },
  });
  const { runtime } = session;
  for (const event of await runtime.history(request.clipId)) job.view.event(event);
  // What an earlier process left comes first; only if that leads to nothing, its request was not even stored.
  await runtime.idle();
  const find = async () => outcomeOf(await runtime.history(request.clipId), request, job.out, job.settings);
  let outcome = await find();
  if (!outcome) {
    await runtime.request(job.body, sentMs);
    await runtime.idle();
    outcome = await find();
  }
  if (!outcome) throw new Error(`the pipeline came to no end: ${JSON.stringify(runtime.deadLetters())}`);

  const history = await runtime.history(request.clipId);
  const files =
    outcome.status === "CLIP_AVAILABLE" ? await writeResults(job.out, request, outcome, history) : undefined;
  await writeJson(root, join(root, DONE), outcome.metadata);
  // Copies of recordings are needed no more; the history stays for `camclips timeline`.
  await rm(join(root, "work", "sources"), { recursive: true, force: true });
  return { request, outcome, history, ...(files && { files }) };
}

function parsedRequest(body: string, sentMs: number): ClipRequest {
  const read = readRequest(body, sentMs);
  if (!read.readable) throw new Error(read.message);
  return read.request;
}

function rootOf({ state, out, identity }: ClipJob, { clipId, ...request }: ClipRequest): string {
  const parts = JSON.stringify([clipId, request, resolve(out), identity]);
  const hash = createHash("sha256").update(parts).digest("hex").slice(0, 10);
  return join(state, "clips", `${clipId}.${hash}`);
}

/** A range that ends in the future (a camera whose clock is wrong) is looked at from after its end. */
async function begin(root: string, { endMs }: ClipRequest): Promise<z.output<typeof begun>> {
  const path = join(root, "job.json");
  const before = await readJson(path, begun);
  if (before) return before;
  const aheadMs = Math.max(0, endMs + AFTER_RANGE_MS - Date.now());
  const job = { sentMs: Date.now() + aheadMs, aheadMs };
  await writeJson(root, path, job);
  return job;
}

async function writeResults(
  out: string,
  { cameraId, clipId }: ClipRequest,
  { metadata }: Outcome,
  history: readonly AnyEvent[],
): Promise<NonNullable<ClipResult["files"]>> {
  const base = join(out, clipKey(cameraId, clipId)).slice(0, -".mp4".length);
  const files = { clip: `${base}.mp4`, metadata: `${base}.json`, history: `${base}.events.json` };
  await writeJson(out, files.metadata, metadata);
  await writeJson(out, files.history, history.map(toEnvelope));
  return files;
}

const writeJson = (root: string, path: string, value: unknown) =>
  writeWhole(root, path, `${JSON.stringify(value, null, 2)}\n`);

async function readJson<S extends z.ZodMiniType>(path: string, schema: S): Promise<z.output<S> | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    // Absent, or cut off by a crash: both mean that it was not written.
    return undefined;
  }
}
