import { LOOKS, NEAR_BYTES } from "../frames.ts";
import { TICKS_PER_SECOND, WRAP_TICKS } from "./pes.ts";
import type { Stretch } from "./retime.ts";

/** A frame or a packet of audio, by its place and the time at which it is decoded. */
export interface Timed {
  kind: "video" | "audio";
  at: number;
  decodeTicks: number;
}

/** Frames are decoded in order: times that go back by more have begun again. */
const BACK_TICKS = TICKS_PER_SECOND;
/** A camera may be away; for longer than this within a file it is its clock that was set. */
const AWAY_TICKS = 6 * 3600 * TICKS_PER_SECOND;

/** From one time to another, the shorter way round where times begin again at 0. */
function passed(from: number, to: number): number {
  const ticks = (((to - from) % WRAP_TICKS) + WRAP_TICKS) % WRAP_TICKS;
  return ticks > WRAP_TICKS / 2 ? ticks - WRAP_TICKS : ticks;
}

function goesOn(from: number, to: number): boolean {
  const ticks = passed(from, to);
  return ticks >= -BACK_TICKS && ticks <= AWAY_TICKS;
}

/**
 * Finds where a file's clock begins again, as where its recorder was started anew. What comes behind is taken to follow at once: the
 * file does not say how long that took. Small files are read whole; of others, clocks that go back by less than passes between two
 * looks are missed.
 *
 * @param units what lies behind a place, in the file's order
 * @returns stretches of the file with what their times are later by, so that they go on; and the places that were looked at
 */
export async function findRestarts<T extends Timed>(
  size: number,
  units: (at: number) => AsyncGenerator<T>,
): Promise<{ stretches: Stretch[]; looked: T[] }> {
  const next = async (position: number): Promise<T | undefined> => {
    for await (const unit of units(position)) if (unit.kind === "video") return unit;
    return undefined;
  };
  const step = size / LOOKS;
  const positions = step < NEAR_BYTES ? [0] : Array.from({ length: LOOKS }, (_, i) => Math.floor(i * step));
  const looked: T[] = (await Promise.all(positions.map(next))).flatMap((unit) => unit ?? []);
  const last = await next(Math.max(0, size - NEAR_BYTES));
  const stretches: Stretch[] = [];
  let from: T | undefined = looked[0];
  for (const to of last ? [...looked, last] : looked) {
    while (from && to.at > from.at && (step < NEAR_BYTES || !goesOn(from.decodeTicks, to.decodeTicks))) {
      const near = step < NEAR_BYTES ? from : await nearest(next, from, to);
      const found: Restart<T> | undefined = await findRestart(units, near);
      if (!found) break;
      stretches.push({ at: found.at, laterTicks: found.laterTicks + (stretches.at(-1)?.laterTicks ?? 0) });
      from = found.first;
    }
    if (to.at > (from?.at ?? 0)) from = to;
  }
  return { stretches, looked: step < NEAR_BYTES ? [] : looked };
}

/** The last place that is found with the clock that `from` has. */
async function nearest<T extends Timed>(
  next: (position: number) => Promise<T | undefined>,
  from: T,
  to: T,
): Promise<T> {
  let [low, highAt] = [from, to.at];
  while (highAt - low.at > NEAR_BYTES) {
    const found = await next(Math.floor((low.at + highAt) / 2));
    if (found && found.at < highAt && found.at > low.at && goesOn(from.decodeTicks, found.decodeTicks)) low = found;
    // A place with the clock of another stretch, or none.
    else highAt = Math.floor((low.at + highAt) / 2);
  }
  return low;
}

interface Restart<T> extends Stretch {
  /** The first frame behind it. */
  first: T;
}

/** Behind a place, the first unit whose time begins again; then the first frame does, too. */
async function findRestart<T extends Timed>(
  units: (at: number) => AsyncGenerator<T>,
  { at: start }: T,
): Promise<Restart<T> | undefined> {
  const last: Partial<Record<Timed["kind"], T>> = {};
  let at: number | undefined;
  let interval = 0;
  for await (const unit of units(start)) {
    const before = last[unit.kind];
    if (before && !goesOn(before.decodeTicks, unit.decodeTicks)) {
      at ??= unit.at;
      const due = before.decodeTicks + interval;
      if (unit.kind === "video") return { at, first: unit, laterTicks: passed(unit.decodeTicks, due) };
      continue;
    }
    if (unit.kind === "video" && before) interval = passed(before.decodeTicks, unit.decodeTicks);
    last[unit.kind] = unit;
  }
  return undefined;
}
