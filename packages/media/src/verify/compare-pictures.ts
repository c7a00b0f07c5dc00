import { VerificationError } from "../errors.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** A frame that a clip must show, and where to look for it. */
export interface PlannedPicture {
  /** Presentation time in the clip. */
  seconds: number;
  /** Index into the lists of what the sources show. */
  list: number;
  /** Of a frame that is shown again: its own time in the clip. */
  heldSeconds?: number;
  /** Nothing of it may be lost. */
  isLossless?: boolean;
}

/** Mean difference in brightness, of 255, that no encoder leaves between a frame and its source. */
const ANOTHER_PICTURE = 10;
/** Cells that differ by less look the same: an encoder may leave them as they were in the frame before. */
const MOVED = 6;
/** What cells that moved have to differ by in all before they prove anything. */
const PROOF = 150;
/** So many frames before and after are told from the right one. */
const REACH = 2;

/** Two times are one frame's: finer than any frame interval, coarser than rounding. */
const SAME_SECONDS = 0.000_6;

/**
 * Compares the pictures of a clip with those that its sources show at the same instants, and with their neighbours: what
 * looks more like a neighbour was put in a wrong place. Where nothing moves, neighbours prove nothing.
 * @param clip frames that were decoded from the clip, ascending
 * @param shown what the sources show around those instants, at the clip's times; one list for each stretch or several
 * @throws VerificationError when a planned frame was not decoded, or shows another picture
 */
export function comparePictures(
  planned: readonly PlannedPicture[],
  clip: readonly Fingerprint[],
  shown: readonly (readonly Fingerprint[])[],
): void {
  const sorted = shown.map((list) => list.toSorted((a, b) => a.seconds - b.seconds));
  /** Evidence for every distance in frames, over all frames. */
  const shifts = new Map<number, Evidence>();
  for (const { seconds, list, heldSeconds, isLossless } of planned) {
    const own = frameAt(clip, seconds);
    if (!own) throw new VerificationError(`the clip's frame at ${seconds.toFixed(3)} s cannot be decoded`);
    const source = sorted[list] ?? [];
    const isLike = ({ luma }: Fingerprint) => difference(own.luma, luma) <= ANOTHER_PICTURE;
    if (heldSeconds !== undefined) {
      if (!standingAt(source, heldSeconds).some(isLike)) throw wrongPicture(seconds, "not its source's picture");
      continue;
    }
    const at = indexAt(source, seconds, own);
    const right = source[at];
    if (!right) throw wrongPicture(seconds, "none of its source's");
    if (!isLike(right)) throw wrongPicture(seconds, "not its source's picture");
    if (isLossless && difference(own.luma, right.luma) > 0)
      throw wrongPicture(seconds, "its source's picture otherwise");
    for (let shift = -REACH; shift <= REACH; shift++) {
      const neighbour = shift === 0 ? undefined : source[at + shift];
      if (!neighbour) continue;
      const evidence = weigh(own.luma, right.luma, neighbour.luma);
      if (proves(evidence)) throw wrongPicture(seconds, `the picture of ${distance(shift)}`);
      const sum = shifts.get(shift) ?? { nearer: 0, moved: 0 };
      shifts.set(shift, { nearer: sum.nearer + evidence.nearer, moved: sum.moved + evidence.moved });
      if (proves(shifts.get(shift) ?? evidence)) throw wrongPicture(seconds, `the picture of ${distance(shift)}`);
    }
  }
}

function wrongPicture(seconds: number, what: string): VerificationError {
  return new VerificationError(`the clip's frame at ${seconds.toFixed(3)} s shows ${what}`);
}

function distance(shift: number): string {
  const frames = Math.abs(shift) === 1 ? "the frame" : `${Math.abs(shift)} frames`;
  return `${frames} ${shift < 0 ? "before" : "after"} it`;
}

/** Index of the frame at an instant. Decoders give several there where data is damaged: of them the one that is most alike. */
function indexAt(frames: readonly Fingerprint[], seconds: number, like: Fingerprint): number {
  let best = -1;
  for (let i = lastAt(frames, seconds); seconds - (frames[i]?.seconds ?? Number.NaN) <= SAME_SECONDS; i--) {
    const [other, found] = [frames[i], frames[best]];
    if (other && (!found || difference(like.luma, other.luma) < difference(like.luma, found.luma))) best = i;
  }
  return best;
}

function frameAt(frames: readonly Fingerprint[], seconds: number): Fingerprint | undefined {
  const at = lastAt(frames, seconds);
  const frame = frames[at];
  return frame && seconds - frame.seconds <= SAME_SECONDS ? frame : undefined;
}

/** The last frame at or before an instant; several where these have one time. */
function standingAt(frames: readonly Fingerprint[], seconds: number): Fingerprint[] {
  const last = lastAt(frames, seconds);
  const first = lastAt(frames, (frames[last]?.seconds ?? 0) - 2 * SAME_SECONDS) + 1;
  return frames.slice(first, last + 1);
}

/** Index of the last frame at or before an instant; -1 before all. */
function lastAt(frames: readonly Fingerprint[], seconds: number): number {
  let [low, high] = [0, frames.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle]?.seconds ?? 0) <= seconds + SAME_SECONDS) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / a.length;
}

interface Evidence {
  /** By how much the cells that moved are nearer to the neighbour. */
  nearer: number;
  moved: number;
}

function weigh(own: Uint8Array, right: Uint8Array, neighbour: Uint8Array): Evidence {
  let nearer = 0;
  let moved = 0;
  for (let i = 0; i < own.length; i++) {
    const mine = own[i] ?? 0;
    const theirs = right[i] ?? 0;
    const others = neighbour[i] ?? 0;
    const step = Math.abs(theirs - others);
    if (step < MOVED) continue;
    moved += step;
    nearer += Math.abs(mine - theirs) - Math.abs(mine - others);
  }
  return { nearer, moved };
}

function proves({ nearer, moved }: Evidence): boolean {
  return moved >= PROOF && nearer > moved / 2;
}
