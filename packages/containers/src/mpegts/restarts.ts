import { LOOKS, NEAR_BYTES, NotTakenApartError } from "../frames.ts";
import { TICKS_PER_SECOND, WRAP_TICKS } from "./pes.ts";
import type { Stretch, Timed } from "./retime.ts";

/** Frames are decoded in order: times that go back by more have begun again. */
const BACK_TICKS = TICKS_PER_SECOND;
/** Muxers that give no decoding times show the order of presentation; so many frames in a row that do not go back have none of that. */
const IN_ORDER = 32;
/** Audio is stored as it is heard; its times are rounded. */
const AUDIO_BACK_TICKS = TICKS_PER_SECOND / 50;
/** A camera may be away; for longer than this within a file it is its clock that was set. */
const AWAY_TICKS = 6 * 3600 * TICKS_PER_SECOND;
/** Frames that are shown in another order than they are stored in lie nearer to each other. */
const REORDERED_BYTES = 1024 ** 2;
/** Audio lies nearer to its pictures in a file. */
const LATER_TICKS = 3 * TICKS_PER_SECOND;

/** Each is searched for anew. */
const MOST_STRETCHES = 1000;

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
 * file does not say how long that took. Small files are looked through; of others, clocks that go back by less than passes between
 * two looks are missed.
 *
 * @param units what lies behind a place, in the file's order
 * @param isWhole looks through a large file, too
 * @returns stretches of the file with what their times are later by, so that they go on; and the places that were looked at
 */
export async function findRestarts<T extends Timed>(
  size: number,
  units: (at: number) => AsyncGenerator<T>,
  isWhole = size / LOOKS < NEAR_BYTES,
): Promise<{ stretches: Stretch[]; looked: T[] }> {
  const next = async (position: number): Promise<T | undefined> => {
    for await (const unit of units(position)) if (unit.kind === "video") return unit;
    return undefined;
  };
  const stretches: Stretch[] = [];
  /** @returns the first frame behind the next place where it begins again */
  const pass = async (from: T): Promise<T | undefined> => {
    const found = await findRestart(units, from, stretches.at(-1)?.audioAt ?? 0);
    if (!found) return undefined;
    if (stretches.length === MOST_STRETCHES) throw new NotTakenApartError("its clock begins again too often");
    const laterTicks = found.laterTicks + (stretches.at(-1)?.laterTicks ?? 0);
    stretches.push({ at: found.at, audioAt: found.audioAt, laterTicks });
    return found.first;
  };
  if (isWhole) {
    for (let from = await next(0); from; ) from = await pass(from);
    return { stretches, looked: [] };
  }
  const positions = Array.from({ length: LOOKS }, (_, i) => Math.floor((i * size) / LOOKS));
  const looked: T[] = (await Promise.all(positions.map(next))).flatMap((unit) => unit ?? []);
  const last = await next(size - NEAR_BYTES);
  let from: T | undefined = looked[0];
  for (const to of last ? [...looked, last] : looked) {
    while (from && to.at > from.at && !goesOn(from.decodeTicks, to.decodeTicks)) {
      const passedBy: T | undefined = await pass(await nearest(next, from, to));
      if (!passedBy) break;
      from = passedBy;
    }
    if (to.at > (from?.at ?? 0)) from = to;
  }
  return { stretches, looked };
}

/** A place shortly before the clock of `from` ends. */
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
  // The frame that is shown last before it may be stored some frames earlier.
  return (await next(Math.max(from.at, low.at - REORDERED_BYTES))) ?? low;
}

interface Restart<T> extends Stretch {
  /** The first frame behind it. */
  first: T;
}

/** Behind a place, the first frame whose time begins again, and the audio that does with it: that may lie before it, or come later. */
async function findRestart<T extends Timed>(
  units: (at: number) => AsyncGenerator<T>,
  { at: start }: T,
  audioFrom: number,
): Promise<Restart<T> | undefined> {
  const pictures = new PictureClock<T>();
  const audio = new AudioClock<T>();
  /** What comes behind it: another restart has audio of its own. */
  const behind = new PictureClock<T>();
  let found: Restart<T> | undefined;
  let heard: T | undefined;
  for await (const unit of units(start)) {
    if (unit.kind === "audio") {
      if (unit.at < audioFrom) continue;
      if (found && (heard || audio.odd)) break;
      const step = audio.follow(unit);
      if (step === "begins again") heard ??= audio.odd;
      // Audio alone, and long ago.
      else if (step === "goes on" && heard && passed(heard.decodeTicks, unit.decodeTicks) > LATER_TICKS)
        heard = undefined;
    } else {
      if (found && (heard || audio.odd || passed(found.first.decodeTicks, unit.decodeTicks) > LATER_TICKS)) break;
      if (found && behind.follow(unit) === "begins again") break;
      if (pictures.follow(unit) === "begins again") found ??= pictures.restart(unit);
    }
  }
  return found && { ...found, audioAt: (heard ?? audio.odd)?.at ?? found.audioAt };
}

/** Follows the times of one stream. */
abstract class StreamClock<T extends Timed> {
  protected last: T | undefined;
  /** A time that does not go on from the last one. One alone may be damaged: a clock that begins again goes on from there. */
  odd: T | undefined;
  /** A time long after the last one: it may be damaged, too. */
  protected far: T | undefined;

  follow(unit: T): "goes on" | "is odd" | "begins again" {
    const { last, odd, far } = this;
    if (!last || (goesOn(last.decodeTicks, unit.decodeTicks) && !this.isBack(last, unit))) {
      if (last && passed(last.decodeTicks, unit.decodeTicks) > BACK_TICKS) {
        if (!far || !goesOn(far.decodeTicks, unit.decodeTicks)) {
          this.far = unit;
          return "is odd";
        }
        this.#goOn(far);
      }
      this.#goOn(unit);
      return "goes on";
    }
    if (odd && goesOn(odd.decodeTicks, unit.decodeTicks)) return "begins again";
    this.odd = unit;
    return "is odd";
  }

  #goOn(unit: T): void {
    this.noteNext(unit);
    this.last = unit;
    this.odd = undefined;
    this.far = undefined;
  }

  /** Whether a time that is near the last one lies before it all the same. */
  protected abstract isBack(last: T, unit: T): boolean;

  /** Called before `unit` takes the place of the last one. */
  protected noteNext(_unit: T): void {}
}

class AudioClock<T extends Timed> extends StreamClock<T> {
  protected isBack(last: T, { decodeTicks }: T): boolean {
    return passed(last.decodeTicks, decodeTicks) < -AUDIO_BACK_TICKS;
  }
}

class PictureClock<T extends Timed> extends StreamClock<T> {
  #interval = 0;
  /** So many frames in a row do not go back. */
  #inOrder = 0;
  /** The one before the last. */
  #previous: T | undefined;
  /** The frame that is shown last: reordering puts it before the end. */
  #shown: T | undefined;

  protected isBack(_: T, { decodeTicks }: T): boolean {
    return (
      this.#inOrder >= IN_ORDER && this.#previous !== undefined && passed(this.#previous.decodeTicks, decodeTicks) < 0
    );
  }

  protected override noteNext(unit: T): void {
    if (this.last) {
      const ticks = passed(this.last.decodeTicks, unit.decodeTicks);
      if (!this.odd && !this.far) this.#interval = ticks;
      this.#inOrder = ticks < 0 ? 0 : this.#inOrder + 1;
      this.#previous = this.last;
    }
    if (!this.#shown || passed(this.#shown.ticks, unit.ticks) > 0) this.#shown = unit;
  }

  /** What begins again with the odd frame, which is taken to be shown an interval after all others. @param next one behind it */
  restart(next: T): Restart<T> | undefined {
    const { odd: first } = this;
    const before = this.#shown ?? this.last;
    if (!first || !before) return undefined;
    const interval = this.#interval || passed(first.decodeTicks, next.decodeTicks);
    return { at: first.at, audioAt: first.at, first, laterTicks: passed(first.ticks, before.ticks + interval) };
  }
}
