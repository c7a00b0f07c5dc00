import type { AudioCoverage } from "@camclips/events";
import type { RenderJob } from "../media-engine.ts";
import type { MediaProbe } from "../probe/probe.ts";
import { type AudioSlot, audioSlots, common, type Interval } from "./audio-slots.ts";
import { round } from "./coverage.ts";
import type { Timeline } from "./timeline.ts";

/** Shorter silences beside audio are packets that do not end where a frame does. */
const LEAST_SILENCE_MS = 100;

/**
 * Which of the parts that a clip delivers have audio, and why the others have none. Instants are epoch ms.
 * @param delivered parts of the range whose pictures are in the clip
 */
export function audioCoverageOf(
  { sources }: RenderJob,
  timeline: Timeline,
  probes: readonly MediaProbe[],
  delivered: readonly Interval[],
): AudioCoverage {
  const parts = audioSlots(timeline, probes).flatMap(({ source, sourceSeconds, seconds }) => {
    const zeroMs = sources[source]?.zeroMs ?? 0;
    const startMs = zeroMs + sourceSeconds * 1000;
    const spans = (probes[source]?.audio?.spans ?? []).map(
      ([from, to]): Interval => [zeroMs + from * 1000, zeroMs + to * 1000],
    );
    const shown = common([[startMs, startMs + seconds * 1000]], delivered);
    return shown.map((interval) => ({ interval, heard: common([interval], spans), probe: probes[source] }));
  });
  const silent: AudioCoverage["silent"] = [];
  for (const { interval, heard, probe } of parts) {
    const format = probe?.lostAudio;
    for (const [startMs, endMs] of without(interval, heard)) {
      const last = silent.at(-1);
      const missing = format === undefined ? "NOT_RECORDED" : "UNSUPPORTED_FORMAT";
      const cause = probe?.brokenAudio ? "CORRUPT_SOURCE" : missing;
      if (last?.cause === cause && last.format === format && startMs - last.endMs < 1) last.endMs = round(endMs);
      else
        silent.push({ startMs: round(startMs), endMs: round(endMs), cause, ...(format !== undefined && { format }) });
    }
  }
  const isHeard = parts.some(({ heard }) => heard.length > 0);
  const told = silent.filter(({ startMs, endMs }) => !isHeard || endMs - startMs >= LEAST_SILENCE_MS);
  const quiet = told.map(({ startMs, endMs }): Interval => [startMs, endMs]);
  return {
    delivered: delivered.flatMap((interval) => without(interval, quiet)).map(([from, to]) => [round(from), round(to)]),
    silent: told,
  };
}

/** The parts of a clip where audio of its recordings is heard. */
export type HeardPart = Omit<AudioSlot, "piece">;

export function heardParts(timeline: Timeline, probes: readonly MediaProbe[]): HeardPart[] {
  return audioSlots(timeline, probes).flatMap(({ source, sourceSeconds, outSeconds, seconds }) => {
    const spans = probes[source]?.audio?.spans ?? [];
    return common([[sourceSeconds, sourceSeconds + seconds]], spans).map(([from, to]) => ({
      source,
      outSeconds: outSeconds + from - sourceSeconds,
      sourceSeconds: from,
      seconds: to - from,
    }));
  });
}

function without([from, to]: Interval, holes: readonly Interval[]): Interval[] {
  const left: Interval[] = [];
  let at = from;
  for (const [start, end] of common([[from, to]], holes).sort((a, b) => a[0] - b[0])) {
    if (start > at) left.push([at, start]);
    at = Math.max(at, end);
  }
  if (at < to) left.push([at, to]);
  return left;
}
