import { createHash, randomBytes } from "node:crypto";
import { readRequest, requestKey, writeRequest } from "@camclips/core";
import type { ClipRequest } from "@camclips/events";
import { type Asked, askedAs, askedUnder, putAsked } from "@camclips/local";
import type { z } from "@hono/zod-openapi";
import { diskOf } from "../disks.ts";
import { Problem } from "../http/problem.ts";
import { knowsCamera, type Site } from "../site.ts";
import type { clipRequest } from "./schemas.ts";

type Wanted = z.output<typeof clipRequest>;

export interface Answer {
  clipId: string;
  /** False for one that was asked for before. */
  isNew: boolean;
}

/**
 * Takes a request: its message is stored when this resolves, and a crash loses nothing.
 * @param idempotencyKey the same one brings the same clip, whatever became of the first answer.
 * @throws Problem for one that cannot be accepted.
 */
export async function ask(site: Site, wanted: Wanted, idempotencyKey?: string): Promise<Answer> {
  const looked = await lookAt(site, wanted, idempotencyKey);
  return "isNew" in looked ? looked : store(site, looked);
}

/**
 * Takes several requests, as `ask` takes one. Of those in which one cannot be accepted, none is.
 * @throws Problem that says which.
 */
export async function askAll(site: Site, all: readonly Wanted[], idempotencyKey?: string): Promise<Answer[]> {
  const keyOf = (index: number) => (idempotencyKey === undefined ? undefined : `${idempotencyKey}/${index}`);
  for (const [index, wanted] of all.entries())
    await lookAt(site, wanted, keyOf(index)).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      throw new Problem(error.status, `clip ${index + 1} of ${all.length}: ${error.message}`, error.more);
    });
  const answers: Answer[] = [];
  for (const [index, wanted] of all.entries()) answers.push(await ask(site, wanted, keyOf(index)));
  return answers;
}

/** @returns what is to be stored, or the answer where there is one already. @throws Problem */
async function lookAt(site: Site, wanted: Wanted, idempotencyKey: string | undefined): Promise<Asked | Answer> {
  const { runtime, settings, clock } = site;
  const read = runtime.state.read;
  const before = idempotencyKey === undefined ? undefined : askedUnder(read, idempotencyKey);
  const request = requestOf(wanted, wanted.clipId ?? before?.clipId ?? idFor(wanted, idempotencyKey), clock.now());
  const key = requestKey(request);
  if (before) return repeated(before, key, `the Idempotency-Key stands for another request, of clip ${before.clipId}`);
  const same = askedAs(read, request.clipId);
  if (same) return repeated(same, key, taken(request.clipId));
  const status = await runtime.records.status(request.clipId);
  if (status && status.requestKey !== key) throw new Problem(409, taken(request.clipId), { reason: "INVALID_REQUEST" });
  if (status) return { clipId: request.clipId, isNew: false };

  if (!knowsCamera(site, wanted.camera))
    throw new Problem(422, `there are no recordings of a camera ${wanted.camera}`, { reason: "UNKNOWN_CAMERA" });
  const seconds = (wanted.end - wanted.start) / 1000;
  if (seconds > settings.VIDEO_MAX_LEN)
    throw new Problem(422, `the range is ${seconds} s long, the longest clip is ${settings.VIDEO_MAX_LEN} s`, {
      reason: "CLIP_TOO_LONG",
    });
  await requireRoom(site);
  return {
    clipId: request.clipId,
    requestKey: key,
    idempotencyKey,
    title: wanted.title,
    body: writeRequest(request),
    sentMs: request.sentMs,
  };
}

async function store({ runtime }: Site, asked: Asked): Promise<Answer> {
  const { clipId, requestKey, body, sentMs } = asked;
  try {
    await runtime.request(body, sentMs, (transaction) => putAsked(transaction, asked));
  } catch (error) {
    // The same request may have come twice at once.
    const twin = askedAs(runtime.state.read, clipId);
    if (twin) return repeated(twin, requestKey, taken(clipId));
    throw fullDisk(error) ?? error;
  }
  return { clipId, isNew: true };
}

const taken = (clipId: string) => `the clipId ${clipId} stands for another clip already: use a new one`;

function repeated({ clipId, requestKey: before }: Asked, key: string, conflict: string): Answer {
  if (before === key) return { clipId, isNew: false };
  throw new Problem(409, conflict, { reason: "INVALID_REQUEST" });
}

/** As the pipeline will read it. @throws Problem 422 */
export function requestOf(
  { camera, start, end, title: _, ...chosen }: Wanted,
  clipId: string,
  sentMs: number,
): ClipRequest {
  const asked = { ...chosen, clipId, cameraId: camera, startMs: start, endMs: end, retryTimestamps: [], sentMs };
  // As the pipeline will read it: what it would refuse, or read otherwise, is told now.
  const read = readRequest(writeRequest(asked), sentMs);
  if (!read.readable) throw new Problem(422, read.message, { reason: "INVALID_REQUEST" });
  return read.request;
}

/** Readable, and new unless the caller's key says that it is the same. */
export function idFor({ camera, start }: Wanted, idempotencyKey: string | undefined): string {
  const at = new Date(start).toISOString().replace(/[-:.Z]/g, "");
  const rest =
    idempotencyKey === undefined
      ? randomBytes(3).toString("hex")
      : createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 12);
  return `${camera.slice(0, 40).replace(/[^\p{L}\p{N}._-]/gu, "_")}-${at}-${rest}`;
}

/** @throws Problem 507 where a disk is full, 503 where one is away. */
export async function requireRoom({ config }: Site): Promise<void> {
  for (const folder of [config.state, config.clips]) {
    const { problem } = await diskOf(folder);
    if (problem) throw new Problem(problem.isFull ? 507 : 503, `${problem.text}, then ask again`);
  }
}

export function fullDisk(error: unknown): Problem | undefined {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT"
    ? new Problem(507, "the disk is full: free some space, then ask again")
    : undefined;
}
