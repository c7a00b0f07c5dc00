import type { Unit } from "./frames.ts";

/** Frames that follow each other are nearer to each other. */
const FAR_SECONDS = 1;
/** Where so much audio lies behind a frame, no other follows soon. */
const MUCH_AUDIO = 1000;

/** Frames whose time neither the frame before nor the one behind agrees with: it is damaged, and they come between these. */
export async function* withoutStrays<T extends Unit>(units: AsyncIterable<T>): AsyncGenerator<T> {
  let before: T | undefined;
  /** A frame until the next one shows whether its time is right, and the audio behind it. */
  let frame: T | undefined;
  let audio: T[] = [];
  for await (const unit of units) {
    if (unit.kind === "audio" && frame && audio.length < MUCH_AUDIO) audio.push(unit);
    else if (unit.kind === "audio") {
      if (frame) yield frame;
      yield* audio;
      yield unit;
      [before, frame, audio] = [frame ?? before, undefined, []];
    } else {
      if (frame) {
        const isStray = before && isFar(before, frame) && isFar(frame, unit) && !isFar(before, unit);
        before = isStray && before ? { ...frame, seconds: (before.seconds + unit.seconds) / 2 } : frame;
        yield before;
        yield* audio;
      }
      [frame, audio] = [unit, []];
    }
  }
  if (frame) yield frame;
  yield* audio;
}

function isFar(a: Unit, b: Unit): boolean {
  return Math.abs(a.seconds - b.seconds) > FAR_SECONDS;
}
