import type { GapPolicy } from "@camclips/events";
import type { DecodedFrame } from "@camclips/media/synthetic";
import type { MadeRecording } from "./make.ts";

/** What the camera service was told of a clip: contract, sections 5 and 7. */
export interface Told {
  status: string;
  clip?: { sha256: string };
  reason?: string;
  message?: string;
  coverage?: {
    startErrorMs: number;
    gaps: { start: number; end: number; cause: string }[];
    audio?: { silent: { start: number; end: number }[] };
  };
}

export interface Judged {
  recordings: readonly MadeRecording[];
  fromMs: number;
  toMs: number;
  intervalMs: number;
  hasAudio: boolean;
  gapPolicy: GapPolicy;
  told: Told;
  frames: readonly DecodedFrame[];
  /** Where seconds are heard, in the clip. */
  onsets: readonly number[];
  /** What the audio's seconds are counted from. */
  epochMs: number;
  /** Its camera was away for a while within each recording: then no frame stands. */
  hasHole?: boolean;
  /** What the audio of its container may be off, ms. */
  audioMs: number;
}

const JOIN_MS = 1000;
/** Times in files are rounded, to a thousandth in some. */
const ROUNDING_MS = 1.2;

/** Every frame that the recordings show in the range, once, in order: an earlier one's end where the next one's first frame comes. */
function expectedFrames({ recordings, frames, fromMs, toMs, intervalMs, hasAudio, hasHole = false }: Judged) {
  const shown = recordings.flatMap((recording, index) => {
    const nextMs = recordings[index + 1]?.frames[0]?.wallMs ?? Number.POSITIVE_INFINITY;
    return recording.frames.filter(({ wallMs }) => wallMs < nextMs - ROUNDING_MS);
  });
  const inside = shown.filter(({ wallMs }) => wallMs >= fromMs - 0.5 && wallMs < toMs - 0.5);
  const before = shown.findLast(({ wallMs }) => wallMs < fromMs - 0.5);
  const nextMs = inside[0]?.wallMs ?? shown.find(({ wallMs }) => wallMs >= toMs - 0.5)?.wallMs ?? toMs;
  const stoodMs = before ? nextMs - before.wallMs : 0;
  const isLong = stoodMs > intervalMs + JOIN_MS || (before !== undefined && nextMs - fromMs > JOIN_MS);
  const startsSoon = inside[0] !== undefined && nextMs - fromMs <= intervalMs;
  const stands =
    before &&
    // Where another one starts within an interval, the one that stands may be shown until then.
    (!startsSoon || frames[0]?.code === before.code) &&
    sameRecording(recordings, before.code, fromMs) &&
    (isLong ? (hasAudio && !hasHole) || toMs <= before.wallMs + intervalMs : inside.length === 0);
  return stands ? [{ code: before.code, wallMs: fromMs }, ...inside] : inside;
}

function sameRecording(recordings: readonly MadeRecording[], code: number, atMs: number): boolean {
  return recordings.some(
    ({ frames, startMs, endMs }) => startMs <= atMs && atMs < endMs && frames.some((frame) => frame.code === code),
  );
}

/**
 * Judges what was told and delivered against what the recordings show.
 * @returns what is wrong, in words; empty when all is right
 */
export function judge(filled: Judged): string[] {
  const { told, fromMs, toMs, intervalMs } = filled;
  const frames = withoutFill(filled);
  const judged = { ...filled, frames };
  const expected = expectedFrames(judged);
  if (told.status !== "CLIP_AVAILABLE") {
    const isEmpty = expected.every(({ code }) => isDoubtful(judged, code));
    const named = told.reason !== undefined && told.message !== undefined;
    if (isEmpty && named && ["NO_FOOTAGE", "GAP_FINAL", "CORRUPT_SOURCE"].includes(told.reason ?? "")) return [];
    const mayBeRefused = hasGap(judged, expected) || expected.some(({ code }) => isDoubtful(judged, code));
    if (told.reason === "GAP_FINAL" && named && judged.gapPolicy === "REJECT" && mayBeRefused) return [];
    return [`${told.status} ${told.reason}: ${told.message}; there are ${expected.length} frames`];
  }
  const faults: string[] = [];
  if (judged.gapPolicy === "REJECT" && told.coverage?.gaps.length) faults.push("has gaps, and was to be refused then");
  const codes = frames.map(({ code }) => code);
  // A frame within the rounding of an edge may be in or out.
  const isAtEdge = (wallMs: number) => Math.min(Math.abs(wallMs - fromMs), Math.abs(wallMs - toMs)) < ROUNDING_MS;
  // How long a recorder's restart took is not known: frames behind it are some milliseconds off.
  const isRestarted = (code: number) =>
    judged.recordings.some(
      ({ frames, restartMs }) =>
        restartMs !== undefined && frames.some((own) => own.code === code && own.wallMs >= restartMs),
    );
  const isExact = (code: number, wallMs: number) => wallMs === fromMs && !isRestarted(code);
  const optional = new Set([...atJoins(judged), ...atEnds(judged), ...beforeHoles(judged), ...doubtful(judged)]);
  const sure = expected
    .filter(({ code, wallMs }) => !optional.has(code) && (!isAtEdge(wallMs) || isExact(code, wallMs)))
    .map(({ code }) => code);
  const lost = sure.filter((code) => !codes.includes(code));
  if (lost.length > 0) faults.push(`lost ${stretch(lost)} of ${stretch(sure)}`);
  const known = new Set(expected.map(({ code }) => code));
  const others = codes.filter((code) => code === null || !known.has(code));
  const edges = judged.recordings.flatMap((recording) => recording.frames).filter(({ wallMs }) => isAtEdge(wallMs));
  const wrong = others.filter((code) => !optional.has(Number(code)) && !edges.some((edge) => edge.code === code));
  if (wrong.length > 0) faults.push(`shows ${stretch(wrong)}, which do not belong to it`);
  for (const [i, code] of codes.entries()) {
    const last = codes[i - 1];
    // Over a join and a gap that is filled, the last frame before it is shown again.
    const isHeld = code === last && isBeforeJoin(judged, Number(code));
    if (i > 0 && !isHeld && Number(code) <= Number(last)) faults.push(`shows ${last} before ${code}`);
  }
  faults.push(...wrongTimes(judged, expected), ...wrongCoverage(judged, expected), ...wrongAudio(judged, expected));
  if (
    frames.length > 0 &&
    told.coverage &&
    Math.abs(told.coverage.startErrorMs) > intervalMs + JOIN_MS &&
    told.coverage.gaps.length === 0
  )
    faults.push(`starts ${told.coverage.startErrorMs} ms late, and says nothing is missing`);
  return faults.slice(0, 4);
}

/** Whether a part of the range is without frames: longer than a join may take, an interval at its edges, or outside of all recordings. */
function hasGap({ recordings, fromMs, toMs, intervalMs }: Judged, expected: Expected): boolean {
  const isRecorded = (ms: number) => recordings.some(({ startMs, endMs }) => startMs <= ms && ms <= endMs);
  if (!isRecorded(fromMs) || !isRecorded(toMs)) return true;
  const instants = [fromMs, ...expected.map(({ wallMs }) => wallMs), toMs];
  return instants.some((ms, i) => {
    const isEdge = i === 1 || i === instants.length - 1;
    const missingMs = ms - (instants[i - 1] ?? ms) - (i === 1 ? 0 : intervalMs);
    return missingMs > (isEdge ? intervalMs : JOIN_MS) - 2 * ROUNDING_MS;
  });
}

/** What a clip shows, but for what fills the gaps that it tells: black, or the frame before once more. */
function withoutFill({ gapPolicy, frames, told, fromMs, intervalMs }: Judged): readonly DecodedFrame[] {
  if (!told.coverage || !["FILL_WITH_BLACK", "HOLD_LAST_FRAME"].includes(gapPolicy)) return frames;
  const { gaps, startErrorMs } = told.coverage;
  return frames.filter(({ code, seconds }, i) => {
    const wallMs = fromMs + startErrorMs + seconds * 1000;
    // What fills a gap begins an interval behind the last frame, which may have stood a little longer.
    const isFilled = gaps.some(({ start, end }) => wallMs > start - 2 * intervalMs && wallMs < end - ROUNDING_MS);
    return !isFilled || (code !== null && code !== frames[i - 1]?.code);
  });
}

/** Where recordings overlap, an earlier one's frame may come less than an interval before the later one's first: either is right. */
function atJoins({ recordings, intervalMs }: Judged): number[] {
  return recordings.flatMap(({ frames }, index) => {
    const nextMs = recordings[index + 1]?.frames[0]?.wallMs ?? Number.NaN;
    return frames.flatMap(({ code, wallMs }) => (Math.abs(wallMs - nextMs) < 0.9 * intervalMs ? [code] : []));
  });
}

/** Frames around where a file is cut off. */
function doubtful({ recordings }: Judged): number[] {
  return recordings.flatMap((recording) => {
    const { first, last } = recording.doubtful ?? { first: 0, last: -1 };
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

const isDoubtful = (judged: Judged, code: number): boolean => doubtful(judged).includes(code);

/**
 * Where the later one of two recordings that overlap is interrupted while the earlier one goes on, that one is shown: from
 * the hole on, or all the time.
 */
function beforeHoles({ recordings }: Judged): number[] {
  return recordings.flatMap(({ frames }, index) => {
    const next = recordings[index + 1]?.frames ?? [];
    const hole = next.findIndex(({ wallMs }, i) => (next[i + 1]?.wallMs ?? wallMs) - wallMs > JOIN_MS);
    const [firstMs = 0, lastMs = 0] = [next[0]?.wallMs, frames.at(-1)?.wallMs];
    if (hole < 0 || (next[hole]?.wallMs ?? 0) > lastMs) return [];
    return [...frames.filter(({ wallMs }) => wallMs >= firstMs), ...next.slice(0, hole + 1)].map(({ code }) => code);
  });
}

/** What is left of a recording's last frame when the range begins may be shown, or told as a part of the gap behind it. */
function atEnds({ recordings, fromMs, intervalMs }: Judged): number[] {
  return recordings.flatMap(({ frames, endMs }) => {
    const last = frames.at(-1);
    return last && last.wallMs < fromMs && endMs > fromMs && endMs - fromMs < intervalMs ? [last.code] : [];
  });
}

function stretch(codes: readonly (number | null)[]): string {
  return codes.length > 2 ? `${codes[0]}..${codes.at(-1)} (${codes.length})` : codes.join(", ");
}

type Expected = ReturnType<typeof expectedFrames>;

function isBeforeJoin({ recordings }: Judged, code: number): boolean {
  return recordings.some(({ frames }, index) => {
    const nextMs = recordings[index + 1]?.frames[0]?.wallMs ?? Number.NaN;
    return frames.findLast(({ wallMs }) => wallMs < nextMs - ROUNDING_MS)?.code === code;
  });
}

/** Between two frames passes as much time as did when they were recorded, except where a gap was left out. */
function wrongTimes({ frames, told, intervalMs }: Judged, expected: Expected): string[] {
  const wall = new Map(expected.map(({ code, wallMs }) => [code, wallMs]));
  for (const [i, frame] of frames.entries()) {
    const [now, last] = [wall.get(frame.code ?? -1), wall.get(frames[i - 1]?.code ?? -1)];
    if (now === undefined || last === undefined || now === last || frames[i - 2]?.code === frames[i - 1]?.code)
      continue;
    const passedMs = (frame.seconds - (frames[i - 1]?.seconds ?? 0)) * 1000;
    const isGap = told.coverage?.gaps.some((gap) => gap.start < now && gap.end > last);
    if (!isGap && Math.abs(passedMs - (now - last)) > 2 * ROUNDING_MS + 0.02 * intervalMs)
      return [
        `frame ${frame.code} comes ${passedMs.toFixed(1)} ms after the one before, ${(now - last).toFixed(1)} when recorded`,
      ];
  }
  return [];
}

/** Every long time without a frame is told, and no other. */
function wrongCoverage(judged: Judged, expected: Expected): string[] {
  const { told, fromMs, toMs, intervalMs, hasAudio } = judged;
  const gaps = told.coverage?.gaps ?? [];
  const instants = [fromMs, ...expected.map(({ wallMs }) => wallMs), toMs];
  const least = intervalMs + JOIN_MS;
  for (const gap of gaps) {
    const within = expected.filter(({ wallMs }) => wallMs > gap.start + ROUNDING_MS && wallMs < gap.end - ROUNDING_MS);
    if (within.some(({ code }) => !isDoubtful(judged, code)))
      return [`tells a gap where there are ${within.length} frames`];
  }
  if (hasAudio) return [];
  for (let i = 1; i < instants.length; i++) {
    const [from, to] = [instants[i - 1] ?? 0, instants[i] ?? 0];
    const isTold = gaps.some((gap) => gap.start < to - 1 && gap.end > from + 1);
    if (to - from > least + ROUNDING_MS && !isTold) return [`${to - from} ms without a frame are not told`];
  }
  return [];
}

/** Each second is heard when it was, where the clip has no gap and says that there is audio. */
function wrongAudio(
  { told, hasAudio, onsets, recordings, fromMs, toMs, epochMs, audioMs }: Judged,
  expected: Expected,
): string[] {
  const [first] = expected;
  if (!hasAudio || !told.coverage || told.coverage.gaps.length > 0 || !first) return [];
  const silent = told.coverage.audio?.silent ?? [];
  const away = recordings.flatMap(({ silentMs }) => (silentMs ? [silentMs] : []));
  const joins = recordings.flatMap(({ startMs, endMs, restartMs = startMs }) => [startMs, endMs, restartMs]);
  const isSure = (ms: number) =>
    joins.every((join) => Math.abs(join - ms) > 250) &&
    away.every(([from, to]) => ms < from - 100 || ms > to + 100) &&
    silent.every(({ start, end }) => ms < start - 100 || ms > end + 100);
  const faults: string[] = [];
  const startMs = Math.max(fromMs, first.wallMs) + 100;
  for (let ms = epochMs + 1000 * Math.ceil((startMs - epochMs) / 1000); ms < toMs - 200; ms += 1000) {
    if (!isSure(ms) || !recordings.some(({ startMs, endMs }) => startMs < ms && ms < endMs)) continue;
    const due = (ms - first.wallMs) / 1000;
    if (!onsets.some((onset) => Math.abs(onset - due) * 1000 <= audioMs))
      faults.push(
        `the second at ${due.toFixed(3)} s is not heard (${onsets.map((onset) => onset.toFixed(3)).join(" ")})`,
      );
  }
  for (const [from, to] of away) {
    const isAlone = recordings.filter(({ startMs, endMs }) => startMs < to && endMs > from).length === 1;
    const [fromMs, untilMs] = [Math.max(from, startMs) + 100, Math.min(to, toMs) - 100];
    const isTold = silent.some(({ start, end }) => start <= fromMs && end >= untilMs);
    if (isAlone && untilMs > fromMs && !isTold) faults.push(`${untilMs - fromMs} ms without audio are not told`);
  }
  return faults.slice(0, 1);
}
