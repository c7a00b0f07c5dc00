import { setTimeout } from "node:timers/promises";
import { type RecordingSlice, sliceRecording } from "@camclips/containers";
import { type Decision, decide, type Footage, type FootageReport, type OpenObject } from "@camclips/core";
import type { ClipRequest, LocatedSource, ReadRange } from "@camclips/events";
import { hashReads } from "@camclips/evidence/hash-reads";
import { CorruptSourceError, OutsideMediaError } from "@camclips/mp4";
import type { Deps } from "../runtime/deps.ts";
import { inParallel } from "../runtime/in-parallel.ts";
import { realInterval, zeroMsOf } from "./recorded-interval.ts";
import { type ReadObject, withInit } from "./with-init.ts";

/** Recordings that are looked into at the same time. */
const AT_ONCE = 4;

/** Hashes of what was read for a signed clip: an event has room for so many. */
const MOST_HASHES = 1024;

/** A source that is open and sliced, but not yet copied. */
export interface SlicedSource {
  part: LocatedSource;
  /** Wall-clock instant of the recording's presentation time 0. */
  zeroMs: number;
  object: ReadObject;
  slice: RecordingSlice;
  /** Where clips are signed: what was read of the recording so far. */
  ranges?(): ReadRange[];
}

export type ProbeResult =
  | { decision: Extract<Decision, { kind: "located" }>; probed: SlicedSource[] }
  | { decision: Exclude<Decision, { kind: "located" }> };

/**
 * Looks into every recording that was located, and decides again about what is really there: listed recordings may be
 * missing, broken, shorter than their name says, or interrupted. Ends because every round loses or shortens a recording.
 */
export async function probeSources(
  request: ClipRequest,
  located: readonly Footage[],
  deps: Pick<Deps, "origin" | "settings" | "clock">,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const piecesOfEach = Math.ceil(MOST_HASHES / Math.max(1, located.length));
  const claims = new Map(located.map((footage) => [footage.key, footage]));
  let usable = [...located];
  const lost: FootageReport["lost"][number][] = [];
  const seen = new Map<string, Promise<Finding>>();
  for (;;) {
    // Holes that nothing listed explains were decided on when the sources were located: they are final.
    const decision = decide(request, { usable, lost, newestMs: Number.POSITIVE_INFINITY }, deps.settings);
    if (decision.kind !== "located") return { decision };
    const findings = await inParallel(AT_ONCE, decision.parts, signal, (part, _, either) =>
      remember(seen, part, () => probe(part, claims.get(part.key) ?? part, { ...deps, piecesOfEach }, either)),
    );
    const surprises = findings.flatMap((finding) => {
      const other = finding.kind === "as expected" ? yielded(finding.probed, usable, deps.settings) : finding;
      return other ? [other] : [];
    });
    if (surprises.length === 0)
      return {
        decision,
        probed: findings.flatMap((finding) => (finding.kind === "as expected" ? finding.probed : [])),
      };
    for (const surprise of surprises) {
      const { key, startMs, endMs } = surprise.of;
      // Another part of it was a surprise, too: what is left of it is looked into again.
      if (!usable.some((footage) => footage.key === key && footage.startMs === startMs && footage.endMs === endMs))
        continue;
      if (surprise.kind === "lost") {
        usable = usable.filter((footage) => footage.key !== key);
        lost.push({ ...surprise.of, cause: surprise.cause, why: surprise.why });
        continue;
      }
      usable = usable.filter((footage) => footage.key !== key || footage.startMs !== startMs);
      // What is left of a recording does not begin anew: one that began after it stays before it.
      const begunMs = claims.get(key)?.startMs ?? startMs;
      usable.push(...surprise.footage.map((footage) => ({ ...footage, begunMs })));
      if (surprise.cutOff) lost.push({ ...surprise.cutOff, cause: "CORRUPT_SOURCE" });
    }
  }
}

type Finding =
  | { kind: "as expected"; probed: SlicedSource }
  /** `footage` takes the place of what was claimed; `cutOff` is what the recording once held, but its file does not. */
  | { kind: "shorter"; of: Footage; footage: Footage[]; cutOff?: Footage }
  | { kind: "lost"; of: Footage; cause: "SOURCE_DELETED" | "CORRUPT_SOURCE"; why?: string };

/**
 * What of a recording gives way to others: before its first frame, and where it was interrupted, another one may have
 * frames, whatever it claims. Nothing gives way to nothing: without another, what is missing shows among the frames.
 */
function yielded(
  { part, zeroMs, slice }: SlicedSource,
  usable: readonly Footage[],
  { JOIN_TOLERANCE_MS }: Pick<Deps["settings"], "JOIN_TOLERANCE_MS">,
): Extract<Finding, { kind: "shorter" }> | undefined {
  const { key, startMs, endMs } = part;
  const of: Footage = { key, startMs, endMs };
  const others = usable.filter((footage) => footage.key !== key);
  // Of a file that is cut off, the start is known, though the end is not.
  const firstSeconds = slice.media?.startSeconds ?? slice.starts?.videoSeconds;
  const firstMs = firstSeconds === undefined ? startMs : Math.round(zeroMs + firstSeconds * 1000);
  const isAwaited = firstMs > part.fromMs && firstMs < endMs;
  const goesOn = (other: Footage) => other.startMs < firstMs && other.endMs >= part.fromMs - JOIN_TOLERANCE_MS;
  if (isAwaited && others.some(goesOn)) return { kind: "shorter", of, footage: [{ key, startMs: firstMs, endMs }] };
  for (const hole of slice.holes ?? []) {
    const [fromMs, toMs] = [Math.round(zeroMs + hole.startSeconds * 1000), Math.round(zeroMs + hole.endSeconds * 1000)];
    if (fromMs <= startMs || toMs >= endMs || !others.some((other) => other.startMs < toMs && other.endMs > fromMs))
      continue;
    return {
      kind: "shorter",
      of,
      footage: [
        { key, startMs, endMs: fromMs },
        { key, startMs: toMs, endMs },
      ],
    };
  }
  return undefined;
}

function remember(
  seen: Map<string, Promise<Finding>>,
  part: LocatedSource,
  probe: () => Promise<Finding>,
): Promise<Finding> {
  const name = JSON.stringify(part);
  const finding = seen.get(name) ?? probe();
  seen.set(name, finding);
  return finding;
}

/** How often a file is looked into that ends within what it announces, and the pause between. */
const LOOKS = 2;
const GROWING_MS = 400;

/** A recorder of few bits a second writes what it announced seconds later: what was recorded just now is given more time. */
const LIVE_LOOKS = 15;
const LIVE_MS = 30_000;

/** @returns how many of the looks are left once the recording has grown, 0 when it has not. */
async function looksLeft(
  { key, size }: { key: string; size: number },
  looks: number,
  origin: Deps["origin"],
  signal: AbortSignal,
): Promise<number> {
  for (let left = looks - 1; left > 0; left -= 1) {
    await setTimeout(GROWING_MS, undefined, { signal });
    const now = await origin.open(key, signal);
    if (now && now.size > size) return left;
  }
  return 0;
}

/** @param claimed the recording's interval by its name and its list; the part's may be what earlier rounds found */
async function probe(
  part: LocatedSource,
  claimed: Footage,
  deps: Pick<Deps, "origin" | "settings" | "clock"> & { piecesOfEach: number },
  signal: AbortSignal,
  looks?: number,
): Promise<Finding> {
  const { origin: recordings, settings, clock, piecesOfEach } = deps;
  const { key, startMs, endMs } = part;
  const of: Footage = { key, startMs, endMs };
  try {
    const found = await recordings.open(key, signal);
    if (!found) return { kind: "lost", of, cause: "SOURCE_DELETED" };
    // What is signed are the bytes of the recording's own object.
    const { source, ranges } = settings.EVIDENCE_KEY ? hashReads(found, piecesOfEach) : { source: found };
    const object = await withInit(source, recordings, claimed.initKey, signal);
    if (!object) return { kind: "lost", of, cause: "SOURCE_DELETED" };
    let slice = await slicePart(object, part, { claimed, zeroMs: claimed.startMs }, signal);
    const zeroMs = zeroMsOf(claimed, slice, settings);
    if (zeroMs !== claimed.startMs) slice = await slicePart(object, part, { claimed, zeroMs }, signal);
    if (slice instanceof OutsideMediaError)
      return { kind: "shorter", of, footage: withoutPart(part, realInterval(zeroMs, slice.media)) };
    const cutOffMs = Math.floor(zeroMs + (slice.cutOffSeconds ?? Number.POSITIVE_INFINITY) * 1000);
    // Behind the listed end nothing is missing: the part reaches there only over a join.
    if (cutOffMs < endMs) {
      // A recorder announces frames before it writes them.
      const all = Math.abs(clock.now() - cutOffMs) < LIVE_MS ? LIVE_LOOKS : LOOKS;
      const left = await looksLeft({ key, size: found.size }, looks ?? all, recordings, signal);
      if (left > 0) return probe(part, claimed, deps, signal, left);
      return {
        kind: "shorter",
        of,
        footage: [{ key, startMs, endMs: cutOffMs }],
        cutOff: { key, startMs: cutOffMs, endMs },
      };
    }
    const shorter = slice.media && shortened(of, realInterval(zeroMs, slice.media), settings.JOIN_TOLERANCE_MS);
    return shorter
      ? { kind: "shorter", of, footage: [shorter] }
      : { kind: "as expected", probed: { part, zeroMs, object, slice, ...(ranges && { ranges }) } };
  } catch (error) {
    if (error instanceof CorruptSourceError) return { kind: "lost", of, cause: "CORRUPT_SOURCE", why: error.message };
    throw error;
  }
}

async function slicePart(
  object: OpenObject,
  { key, fromMs, toMs }: LocatedSource,
  { claimed, zeroMs }: { claimed: Footage; zeroMs: number },
  signal: AbortSignal,
): Promise<RecordingSlice | OutsideMediaError> {
  try {
    const range = { fromSeconds: (fromMs - zeroMs) / 1000, toSeconds: (toMs - zeroMs) / 1000 };
    return await sliceRecording(object, key, range, signal, [(claimed.endMs - claimed.startMs) / 1000]);
  } catch (error) {
    if (error instanceof OutsideMediaError) return error;
    throw error;
  }
}

type Real = Pick<Footage, "startMs" | "endMs">;

/** What the recording really holds, when that is less than it claims by more than clocks and names are off. */
function shortened(claimed: Footage, real: Real, toleranceMs: number): Footage | undefined {
  const startMs = real.startMs - claimed.startMs > toleranceMs ? real.startMs : claimed.startMs;
  const endMs = claimed.endMs - real.endMs > toleranceMs ? real.endMs : claimed.endMs;
  return startMs !== claimed.startMs || endMs !== claimed.endMs ? { ...claimed, startMs, endMs } : undefined;
}

/** No frame starts in the part: it lies outside of the video, or between two frames. */
function withoutPart({ key, fromMs, toMs }: LocatedSource, { startMs, endMs }: Real): Footage[] {
  const betweenFrames = startMs <= fromMs && fromMs < endMs;
  if (!betweenFrames) return [{ key, startMs, endMs }];
  return [
    { key, startMs, endMs: fromMs },
    { key, startMs: toMs, endMs },
  ];
}
