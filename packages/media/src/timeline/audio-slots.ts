import type { MediaProbe } from "../probe/probe.ts";
import type { Piece, Timeline } from "./timeline.ts";

/** A stretch of the clip, and the audio that is heard in it. Slots follow each other, and fill the clip's pieces. */
export interface AudioSlot {
  /** Index of the piece whose source it is taken from. */
  piece: number;
  source: number;
  /** Where it starts in the clip and in the source, seconds. */
  outSeconds: number;
  sourceSeconds: number;
  seconds: number;
}

export type Interval = [from: number, to: number];

/** What is missing for a shorter time is rounding. */
const LEAST_SECONDS = 0.002;

/**
 * Recorders that cut a stream into files cut its audio a little before or behind the pictures. So where a piece has no audio
 * at a join, the recording on the other side is heard, if it has some.
 */
export function audioSlots({ pieces }: Pick<Timeline, "pieces">, probes: readonly MediaProbe[]): AudioSlot[] {
  const spans = pieces.map((piece) => spansInClip(piece, probes[piece.source]));
  return pieces.flatMap((piece, index) => {
    const [start, end] = [piece.outSeconds, piece.outSeconds + piece.slotSeconds];
    const own = common([[start, end]], spans[index] ?? []);
    const before = pieces[index - 1]?.joinsNext ? aroundInstant(spans[index - 1], start) : undefined;
    const from = before ? Math.min(before[1], own[0]?.[0] ?? end) : start;
    const after = piece.joinsNext ? aroundInstant(spans[index + 1], end) : undefined;
    const to = after ? Math.max(after[0], own.at(-1)?.[1] ?? from) : end;
    const slot = (taken: number, [outSeconds, until]: Interval): AudioSlot[] => {
      const { source, heardSeconds, outSeconds: placed } = pieces[taken] ?? piece;
      const sourceSeconds = heardSeconds + outSeconds - placed;
      return [{ piece: taken, source, outSeconds, sourceSeconds, seconds: until - outSeconds }];
    };
    const [isBefore, isAfter] = [from - start > LEAST_SECONDS, end - to > LEAST_SECONDS];
    return [
      ...(isBefore ? slot(index - 1, [start, from]) : []),
      ...slot(index, [isBefore ? from : start, isAfter ? to : end]),
      ...(isAfter ? slot(index + 1, [to, end]) : []),
    ];
  });
}

/**
 * When a piece's source is heard, where its timeline goes on beyond the piece, too; seconds in the clip. What lies before a source's
 * time 0 is what its decoder starts with, and gives no sound.
 */
function spansInClip({ outSeconds, heardSeconds }: Piece, probe: MediaProbe | undefined): Interval[] {
  const offset = outSeconds - heardSeconds;
  const presented = common(probe?.audio?.spans ?? [], [[0, Number.POSITIVE_INFINITY]]);
  return presented.map(([from, to]) => [from + offset, to + offset]);
}

function aroundInstant(spans: readonly Interval[] = [], instant: number): Interval | undefined {
  return spans.find(([from, to]) => from <= instant + LEAST_SECONDS && to >= instant - LEAST_SECONDS);
}

export function common(some: readonly Interval[], others: readonly Interval[]): Interval[] {
  return some
    .flatMap(([from, to]) => others.map(([start, end]): Interval => [Math.max(from, start), Math.min(to, end)]))
    .filter(([from, to]) => from < to);
}
