import { stagedSourceKey } from "@camclips/core";
import { SourcesDownloaded, SourcesLocated, type StagedSource } from "@camclips/events";
import { lambdaHandler } from "../lambda/handler.ts";
import { cutKey } from "../reuse/cut-key.ts";
import { takeTurn } from "../reuse/take-turn.ts";
import type { Deps } from "../runtime/deps.ts";
import { inParallel } from "../runtime/in-parallel.ts";
import { noteWaiting } from "../runtime/note-waiting.ts";
import { defineStage } from "../runtime/process.ts";
import { probeSources, type SlicedSource } from "../sources/probe-sources.ts";
import { decisionFact } from "./locate-sources.ts";

type Needs = Pick<
  Deps,
  | "origin"
  | "work"
  | "destination"
  | "destinationBucket"
  | "records"
  | "scheduler"
  | "schedules"
  | "settings"
  | "engine"
  | "clock"
  | "log"
  | "metrics"
>;

const COPIES_AT_ONCE = 2;
const CONTENT_TYPES = { mp4: "video/mp4", mpegts: "video/mp2t", matroska: "video/x-matroska" };

/**
 * Copies out of each recording only what the clip needs into the work bucket, before retention takes it away. Where the same
 * cut was made before, its clip is copied instead.
 */
export const downloadSources = defineStage("download-sources", [SourcesLocated], async (event, deps: Needs, signal) => {
  const { request, alias, sources, others = [] } = event.data;
  const result = await probeSources(request, [...sources, ...others], deps, signal);
  if (!("probed" in result)) {
    await noteWaiting(result.decision, event, alias, deps, signal);
    return [decisionFact(result.decision, request)];
  }
  const { gaps } = result.decision;
  // What somebody has run again is to be made again.
  const key = event.metadata.rerun ? undefined : await cutKey({ request, alias, probed: result.probed, gaps }, deps);
  const turn = key === undefined ? undefined : await takeTurn(key, event, deps, signal);
  if (turn?.kind === "copied") {
    deps.metrics.add("Reused", 1, "Count");
    return [turn.fact];
  }
  const staged = await inParallel(COPIES_AT_ONCE, result.probed, signal, (probed, index, either) =>
    copyToWork(probed, stagedSourceKey(request.clipId, event.metadata.id, index), deps, either),
  );
  const downloaded = SourcesDownloaded.happened({ request, alias, sources: staged, gaps });
  return [turn?.kind === "makes" ? { ...downloaded, cut: turn.cut } : downloaded];
});

async function copyToWork(
  { part, zeroMs, object, slice, ranges }: SlicedSource,
  key: string,
  { work, metrics }: Needs,
  signal: AbortSignal,
): Promise<StagedSource> {
  await work.putStream(key, () => slice.chunks(signal), slice.bytes, {
    contentType: CONTENT_TYPES[slice.container ?? "mp4"],
    signal,
  });
  metrics.add("BytesFetched", object.fetched.bytes, "Bytes");
  const { previousSeconds, lastEndSeconds, frames, usualSeconds } = slice.beside ?? {};
  const wallMs = (seconds: number | undefined) => (seconds === undefined ? undefined : zeroMs + seconds * 1000);
  return {
    key,
    originKey: part.key,
    bytes: slice.bytes,
    method: slice.method,
    why: slice.why,
    container: slice.container,
    zeroMs: zeroMs + slice.zeroSeconds * 1000,
    fromMs: part.fromMs,
    toMs: part.toMs,
    previousFrameMs: wallMs(previousSeconds),
    lastFrameEndMs: wallMs(lastEndSeconds),
    frames,
    usualFrameMs: usualSeconds && usualSeconds * 1000,
    fetched: { ...object.fetched },
    ...(ranges && { read: { key: part.key, etag: object.etag, bytes: object.size, zeroMs, ranges: ranges() } }),
  };
}

export const handler = lambdaHandler(downloadSources);
