import { type PutOptions, requestKey } from "@camclips/core";
import { type AnyFact, ClipRejected, type ClipRequest, type Coverage, type Reason, type Rerun } from "@camclips/events";
import type { Deps } from "./deps.ts";
import { SERVED } from "./files.ts";

export interface ClipFile {
  key: string;
  sha256: string;
  coverage: Coverage;
  /** Puts it under its key. @returns as `ObjectStore.put`. */
  write(options: PutOptions): Promise<boolean>;
}

/** Puts a clip under its public key. A crash between this and the event is met by the same bytes again. */
export async function publishFile(
  { key, sha256, coverage, write }: ClipFile,
  { request, rerun }: { request: ClipRequest; rerun?: Rerun | undefined },
  { destination, records }: Pick<Deps, "destination" | "records">,
  signal: AbortSignal,
): Promise<AnyFact | undefined> {
  const hasMs = deliveredMs(coverage);
  const metadata = { request: requestKey(request), sha256, delivered: String(hasMs) };
  const options = { ...SERVED, contentType: "video/mp4", metadata, signal };
  if (await write({ ...options, ifAbsent: true })) return undefined;
  const existing = await destination.info(key, signal);
  if (existing?.metadata.sha256 === sha256) return undefined;
  if (existing?.metadata.request !== metadata.request) {
    const message = `${key} already holds a clip of another request, which stays: use a new clipId`;
    return reject(request, "INVALID_REQUEST", message, true);
  }
  const told = await records.status(request.clipId, signal);
  const isDelivered = told?.outcome === "CLIP_AVAILABLE" && told.requestKey === metadata.request;
  const kept = isDelivered && whyKept(Number(existing.metadata.delivered), hasMs, rerun);
  if (kept) return reject(request, "ALREADY_DELIVERED", `${key} stays as it was delivered: ${kept}`, false);
  await write(options);
  return undefined;
}

/** Whoever was told of a clip finds what was told: other bytes take its place only when they are told, too, and hold no less. */
function whyKept(hadMs: number, hasMs: number, rerun: Rerun | undefined): string | undefined {
  if (hasMs < hadMs) return `it holds ${hadMs} ms of the range, and this run found ${hasMs} ms`;
  return rerun?.notify ? undefined : "this run made other bytes, and would tell nobody; --notify replaces the clip";
}

const deliveredMs = ({ delivered }: Coverage): number =>
  Math.round(delivered.reduce((sum, [start, end]) => sum + end - start, 0));

function reject(request: ClipRequest, reason: Reason, message: string, conflict: boolean): AnyFact {
  return ClipRejected.happened({ request, status: "FATAL_ERROR", reason, message, conflict });
}
