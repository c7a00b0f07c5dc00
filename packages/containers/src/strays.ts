import type { Unit } from "./frames.ts";

/** Frames that follow each other are nearer to each other. */
const FAR_SECONDS = 1;
/** Where so much audio lies behind a frame, no other follows soon. */
const MUCH_AUDIO = 1000;
/** Encoders store a frame before so many that are shown before it: where a camera stood still, its time is far from theirs. */
const REORDERED = 4;

/**
 * Frames whose time neither the frame before nor the one behind agrees with, nor any of the few around them: it is damaged, and they
 * come between these.
 */
export async function* withoutStrays<T extends Unit>(units: AsyncIterable<T>): AsyncGenerator<T> {
  /** Frames that were given out last. */
  const past: T[] = [];
  /** A frame until those behind it show whether its time is right, and the audio between them. */
  const waiting: T[] = [];
  let frames = 0;
  function next(): T[] {
    const length = waiting.findIndex(({ kind }, i) => i > 0 && kind === "video");
    const [frame, ...audio] = length < 0 ? waiting.splice(0) : waiting.splice(0, length);
    if (!frame) return [];
    frames--;
    const mended = mendedBetween(past, frame, waiting);
    past.push(mended);
    if (past.length > REORDERED) past.shift();
    return [mended, ...audio];
  }
  for await (const unit of units) {
    if (unit.kind === "video") frames++;
    else if (frames === 0) {
      yield unit;
      continue;
    }
    waiting.push(unit);
    while (frames > REORDERED || (frames > 0 && waiting.length > MUCH_AUDIO)) yield* next();
  }
  while (frames > 0) yield* next();
}

function mendedBetween<T extends Unit>(past: readonly T[], frame: T, behind: readonly T[]): T {
  const before = past.at(-1);
  if (!before || !isFar(before, frame)) return frame;
  const following = behind.filter(({ kind }) => kind === "video");
  const [after] = following;
  if (!after || !isFar(frame, after) || isFar(before, after)) return frame;
  const isShownAmong = (other: T) => isFar(before, other) && !isFar(frame, other);
  if ([...past, ...following].some(isShownAmong)) return frame;
  return { ...frame, seconds: (before.seconds + after.seconds) / 2 };
}

function isFar(a: Unit, b: Unit): boolean {
  return Math.abs(a.seconds - b.seconds) > FAR_SECONDS;
}
