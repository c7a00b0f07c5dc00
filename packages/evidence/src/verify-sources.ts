import { basename } from "node:path";
import type { FrameRun, ReadSource } from "@camclips/events";
import { type ByteSource, fileSource, firstTrack, type Movie, presentationSeconds, readMovie } from "@camclips/mp4";
import { alteredPieces } from "./altered-pieces.ts";
import { type FrameSource, frameRuns } from "./frame-runs.ts";
import type { Manifest } from "./manifest.ts";
import type { Evidence, Finding, Verdict } from "./verdict.ts";

type File = ByteSource & AsyncDisposable;

/**
 * Compares recordings with what was read of them, and the frames that are said to be copied with the recordings' own. Bytes of a
 * recording that the clip did not need were not read, and are not looked at.
 */
export async function checkSources(evidence: Evidence, told: Manifest, verdict: Verdict): Promise<void> {
  if (!evidence.source) {
    if (told.sources.length > 0) verdict.unchecked.push("recordings: say where they are with --sources");
    return;
  }
  await using stack = new AsyncDisposableStack();
  const unaltered = new Map<number, FrameSource>();
  for (const [index, source] of told.sources.entries()) {
    const path = evidence.source(source.key);
    if (path === undefined) {
      verdict.unchecked.push(`${source.key}: it is not there`);
      continue;
    }
    const file: File = stack.use(await fileSource(path));
    const movie = await readMovie(file, source.key, evidence.signal).catch(() => undefined);
    const altered = await alteredPieces(file, source.ranges, evidence.signal);
    verdict.checked.push(`${source.key}: ${source.ranges.length} ranges`);
    for (const { start, end } of altered) verdict.findings.push(sourceFinding(source, [start, end], movie));
    if (altered.length === 0 && movie) unaltered.set(index, { bytes: file, movie, zeroMs: source.zeroMs });
  }
  // A clip or a recording that was altered is told already; comparing their frames would say it again.
  if (verdict.findings.some(({ what }) => what === "clip")) return;
  await checkFrames(evidence, told, unaltered, verdict);
}

function sourceFinding({ key, zeroMs }: ReadSource, bytes: [number, number], movie: Movie | undefined): Finding {
  const finding = { what: "source" as const, name: key, bytes };
  const video = movie && firstTrack(movie, "vide");
  const instants: number[] = [];
  for (let i = 0; video && i < video.samples.count; i++) {
    const start = video.samples.offset[i] ?? 0;
    if (start < bytes[1] && start + (video.samples.size[i] ?? 0) > bytes[0])
      instants.push(zeroMs + presentationSeconds(video, i) * 1000);
  }
  if (instants.length === 0) return { ...finding, problem: "altered where its index or its audio lies" };
  const instant = (ms: number) => new Date(Math.round(ms)).toISOString();
  const wallClock: [string, string] = [instant(Math.min(...instants)), instant(Math.max(...instants))];
  return { ...finding, wallClock, problem: "altered where these frames lie" };
}

async function checkFrames(
  { clip: path, signal }: Evidence,
  { frames, clock }: Manifest,
  sources: ReadonlyMap<number, FrameSource>,
  verdict: Verdict,
): Promise<void> {
  const claimed = frames.filter(({ source }) => source !== undefined && sources.has(source));
  if (claimed.length === 0) return;
  await using file = await fileSource(path);
  const clip = { bytes: file, movie: await readMovie(file, path, signal) };
  const found = await frameRuns(clip, clock, [...sources.values()], signal);
  const isCopied = (frame: number) =>
    found.some(({ from, to, made }) => made === "copied" && from <= frame && frame < to);
  let copied = 0;
  for (const run of claimed) {
    const others = framesIn(run).filter((frame) => !isCopied(frame));
    copied += run.to - run.from - others.length;
    if (others.length === 0) continue;
    const instant = (ms: number) => new Date(Math.round(ms)).toISOString();
    const problem = `${others.length} frames from frame ${others[0]} on are said to be copied, and are in no recording`;
    const wallClock: [string, string] = [instant(run.startMs), instant(run.endMs)];
    verdict.findings.push({ what: "frames", name: basename(path), problem, wallClock });
  }
  verdict.checked.push(`${copied} frames: byte for byte the recordings'`);
}

const framesIn = ({ from, to }: FrameRun): number[] => Array.from({ length: to - from }, (_, i) => from + i);
