import { join } from "node:path";
import { clipKey, clockKey, type PutOptions } from "@camclips/core";
import { type Cue, webVtt } from "@camclips/core/webvtt";
import { ClipRendered, type ClipRequest, SourcesDownloaded } from "@camclips/events";
import { findingsOf } from "../evidence/findings-of.ts";
import { lambdaHandler } from "../lambda/handler.ts";
import type { Deps } from "../runtime/deps.ts";
import { beside, CONTENT_TYPES, SERVED, sha256Of, uploadFile } from "../runtime/files.ts";
import { defineStage } from "../runtime/process.ts";
import { publishFile } from "../runtime/publish-file.ts";
import { cutUsable } from "../sources/cut-usable.ts";
import { openStaged } from "../sources/open-staged.ts";

type Needs = Pick<Deps, "work" | "destination" | "records" | "scratch" | "settings" | "metrics" | "onProgress"> & {
  media: Pick<Deps["media"], "renderClip" | "unwrap" | "version">;
};

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

    const key = clipKey(request.cameraId, request.clipId);
    const { report, coverage } = cut;
    const sha256 = report.sha256 ?? (await sha256Of(output, signal));
    const write = async (options: PutOptions) => (await uploadFile(deps.destination, key, output, options)).written;
    const asked = { request, rerun: metadata.rerun };
    const refused = await publishFile({ key, sha256, coverage, write }, asked, deps, signal);
    if (refused) return [refused];
    deps.metrics.add("BytesOut", report.bytes, "Bytes");
    const { bytes, durationMs, width, height, frames, encodedFrames, audio, precision, why } = report;
    const clock = report.clock && (await storeClock({ request, sha256 }, report.clock, deps, signal));
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
  { request: { cameraId, clipId }, sha256 }: { request: ClipRequest; sha256: string },
  cues: readonly Cue[],
  { destination }: Needs,
  signal: AbortSignal,
): Promise<{ key: string; bytes: number }> {
  const key = clockKey(cameraId, clipId);
  const body = new TextEncoder().encode(webVtt(cues));
  await destination.put(key, body, { ...SERVED, contentType: CONTENT_TYPES.vtt, metadata: beside({ sha256 }), signal });
  return { key, bytes: body.byteLength };
}

export const handler = lambdaHandler(renderClip, async (environment) =>
  (await import("../lambda/connect-media.ts")).connectMedia(environment),
);
