import { join } from "node:path";
import { clipKey, clockKey, requestKey } from "@camclips/core";
import { type Cue, webVtt } from "@camclips/core/webvtt";
import {
  type AnyFact,
  ClipRejected,
  ClipRendered,
  type ClipRequest,
  type Coverage,
  type Reason,
  type Rerun,
  SourcesDownloaded,
} from "@camclips/events";
import { findingsOf } from "../evidence/findings-of.ts";
import { lambdaHandler } from "../lambda/handler.ts";
import type { Deps } from "../runtime/deps.ts";
import { SERVED, sha256Of, uploadFile } from "../runtime/files.ts";
import { defineStage } from "../runtime/process.ts";
import { cutUsable } from "../sources/cut-usable.ts";
import { openStaged } from "../sources/open-staged.ts";

type Needs = Pick<
  Deps,
  "work" | "destination" | "records" | "media" | "scratch" | "settings" | "metrics" | "onProgress"
>;

/** Cuts the clip out of the staged sources, and puts it under its final key once it is verified. */
export const renderClip = defineStage(
  "render-clip",
  [SourcesDownloaded],
  async ({ data, metadata }, deps: Needs, signal) => {
    const { request } = data;
    await using scratch = await deps.scratch();
    const usable = await openStaged(data.sources, scratch.path, deps, signal);
    const output = join(scratch.path, "clip.mp4");
    const files = { output, scratch: scratch.path };
    const cut = await cutUsable(
      request,
      { ...usable, alias: data.alias, gaps: [...data.gaps, ...usable.gaps] },
      files,
      deps,
      signal,
    );
    if ("rejected" in cut) return [cut.rejected];

    const sha256 = await sha256Of(output, signal);
    const key = clipKey(request.cameraId, request.clipId);
    const { report, coverage } = cut;
    const file = { key, path: output, sha256, deliveredMs: deliveredMs(coverage) };
    const refused = await publishFile(file, { request, rerun: metadata.rerun }, deps, signal);
    if (refused) return [refused];
    deps.metrics.add("BytesOut", report.bytes, "Bytes");
    const { bytes, durationMs, width, height, frames, encodedFrames, audio, precision, why } = report;
    const clock = report.clock && (await storeClock(request, report.clock, deps, signal));
    const { clockBurned } = report;
    const made = { durationMs, width, height, frames, encodedFrames, audio, precision, why };
    const clip = { key, bytes, sha256, ...made, clock, ...(clockBurned && { clockBurned }) };
    const findings = deps.settings.EVIDENCE_KEY
      ? await findingsOf({ request, coverage, path: output, ...usable, staged: data.sources }, deps, signal)
      : undefined;
    return [ClipRendered.happened({ request, clip, coverage, ...(findings && { findings }) })];
  },
);

/** What the clip's clock says, beside the clip. */
async function storeClock(
  { cameraId, clipId }: ClipRequest,
  cues: readonly Cue[],
  { destination }: Needs,
  signal: AbortSignal,
): Promise<{ key: string; bytes: number }> {
  const key = clockKey(cameraId, clipId);
  const body = new TextEncoder().encode(webVtt(cues));
  await destination.put(key, body, { ...SERVED, contentType: "text/vtt", signal });
  return { key, bytes: body.byteLength };
}

interface ClipFile {
  key: string;
  path: string;
  sha256: string;
  /** How much of the range it holds. */
  deliveredMs: number;
}

/** Puts the clip under its public key. A crash between this and the event is met by the same bytes again. */
async function publishFile(
  { key, path, sha256, deliveredMs }: ClipFile,
  { request, rerun }: { request: ClipRequest; rerun: Rerun | undefined },
  { destination, records }: Needs,
  signal: AbortSignal,
): Promise<AnyFact | undefined> {
  const metadata = { request: requestKey(request), sha256, delivered: String(deliveredMs) };
  const options = { ...SERVED, contentType: "video/mp4", metadata, signal };
  const { written } = await uploadFile(destination, key, path, { ...options, ifAbsent: true });
  if (written) return undefined;
  const existing = await destination.info(key, signal);
  if (existing?.metadata.sha256 === sha256) return undefined;
  if (existing?.metadata.request !== metadata.request) {
    const message = `${key} already holds a clip of another request, which stays: use a new clipId`;
    return reject(request, "INVALID_REQUEST", message, true);
  }
  const told = await records.status(request.clipId, signal);
  const isDelivered = told?.outcome === "CLIP_AVAILABLE" && told.requestKey === metadata.request;
  const kept = isDelivered && whyKept(Number(existing.metadata.delivered), deliveredMs, rerun);
  if (kept) return reject(request, "ALREADY_DELIVERED", `${key} stays as it was delivered: ${kept}`, false);
  await uploadFile(destination, key, path, options);
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

export const handler = lambdaHandler(renderClip, async (environment) =>
  (await import("../lambda/connect-media.ts")).connectMedia(environment),
);
