import { type FrameFile, LOOKS, NEAR_BYTES, NotTakenApartError, type Place, type Unit } from "./frames.ts";

/** Frames are reordered by less, and clocks are put right by less. */
const BACK_SECONDS = 10;
/** How far before a range its entry is looked for: twice the usual keyframe interval, then farther. */
const FIRST_LOOK_SECONDS = 2;
const FARTHEST_LOOK_SECONDS = 512;
/** Audio that is farther away from its picture in the file is not looked for. */
const AUDIO_AWAY_SECONDS = 3;
/** Decoders of audio need what is before. */
const AUDIO_LEAD_SECONDS = 0.1;
/** Behind an open entry, decoders leave out so many frames at most: as many as they may reorder (H.264, A.3.1). */
const LEFT_OUT_FRAMES = 16;
/** Where those lie farther back than this, ffmpeg mistakes them for times that jump: it guesses when frames are decoded. */
const LEADING_SECONDS = 1;
/** So many frames in a row behind the range, and none of those that follow belongs to it: reordering reaches less far. */
const FRAMES_BEHIND = 8;

/** Places in order of position and of time, or the file is not taken apart. */
export async function lookAround(file: FrameFile, last: Place): Promise<Place[]> {
  const own = await file.index();
  const step = last.at / LOOKS;
  const positions =
    own.length > 0 || step < NEAR_BYTES ? [] : Array.from({ length: LOOKS - 1 }, (_, i) => (i + 1) * step);
  const looked = await Promise.all(positions.map((position) => file.next(Math.floor(position))));
  // An index may name a place for each of its keyframes.
  const places = [...own, ...looked.flatMap((place) => place ?? []), last];
  places.sort((a, b) => a.at - b.at || a.seconds - b.seconds);
  let [before, ...others] = places;
  for (const place of others) {
    if (before && place.seconds < before.seconds - BACK_SECONDS)
      throw new NotTakenApartError(
        `its times jump back, from ${before.seconds.toFixed(1)} s to ${place.seconds.toFixed(1)} s`,
      );
    before = place;
  }
  return places;
}

/** A place at or before an instant: the last of those known, or one between that is nearer. */
async function seek(file: FrameFile, known: readonly Place[], first: Place, seconds: number): Promise<Place> {
  let low = known.findLast((place) => place.seconds <= seconds) ?? first;
  let high = known.find((place) => place.at > low.at && place.seconds > seconds) ?? low;
  for (let step = 0; high.at - low.at > NEAR_BYTES; step++) {
    const part = (seconds - low.seconds) / (high.seconds - low.seconds);
    // Rates vary: every second step halves what is left.
    const inside = step % 2 === 0 && part > 0 && part < 1 ? part : 0.5;
    const position = Math.floor(low.at + (high.at - low.at) * inside - NEAR_BYTES / 4);
    const found = await file.next(Math.max(low.at + 1, position));
    if (!found || found.at >= high.at) high = { ...high, at: Math.max(low.at, position) };
    else if (found.seconds <= seconds) low = found;
    else high = found;
  }
  return low;
}

/** The bytes that hold all frames and audio of a range, from a frame with which decoding can start. */
export async function cutRange(
  file: FrameFile,
  { places, first }: { places: readonly Place[]; first: Place },
  { fromSeconds, toSeconds }: { fromSeconds: number; toSeconds: number },
): Promise<{ start: number; end: number }> {
  const start = await findEntry(file, { places, first }, fromSeconds);
  const near = await seek(file, places, first, toSeconds);
  return { start, end: await findEnd(file, Math.max(start, near.at), toSeconds) };
}

async function findEntry(
  file: FrameFile,
  { places, first }: { places: readonly Place[]; first: Place },
  fromSeconds: number,
): Promise<number> {
  for (let back = FIRST_LOOK_SECONDS; back <= FARTHEST_LOOK_SECONDS; back *= 4) {
    const near = fromSeconds - back <= first.seconds ? first : await seek(file, places, first, fromSeconds - back);
    const { entries, audio, frames } = await unitsUntil(file, near.at, fromSeconds, near === first);
    const begun = entries.filter(
      ({ seconds, entry, index, leadingSeconds }) =>
        seconds <= fromSeconds &&
        (entry === "closed" || (frames - index > LEFT_OUT_FRAMES && leadingSeconds <= LEADING_SECONDS)),
    );
    const heard = begun.findLast((entry) => isHeardFrom(audio, entry, fromSeconds - AUDIO_LEAD_SECONDS));
    if (heard) return heard.at;
    if (near === first && entries[0]) return entries[0].at;
    if (back > AUDIO_AWAY_SECONDS && begun[0]) return begun[0].at;
    if (near === first) break;
  }
  throw new NotTakenApartError(`no frame within ${FARTHEST_LOOK_SECONDS} s before its range can be decoded by itself`);
}

/** What is behind a place up to an instant, entries with how far back frames behind them lie; and one more entry if it is needed. */
async function unitsUntil(file: FrameFile, at: number, seconds: number, isNeeded: boolean) {
  const entries: (Unit & { index: number; leadingSeconds: number })[] = [];
  const audio: Unit[] = [];
  let frames = 0;
  let behind = 0;
  for await (const unit of file.units(at)) {
    if (unit.kind === "audio") {
      audio.push(unit);
      continue;
    }
    const last = entries.at(-1);
    if (last) last.leadingSeconds = Math.max(last.leadingSeconds, last.seconds - unit.seconds);
    if (unit.entry) entries.push({ ...unit, index: frames, leadingSeconds: 0 });
    behind = unit.seconds > seconds ? behind + 1 : 0;
    if (behind === 0) frames++;
    if (behind >= FRAMES_BEHIND && (entries.length > 0 || !isNeeded)) break;
  }
  return { entries, audio, frames };
}

/** Audio comes later in the file than its pictures, or it begins early enough. */
function isHeardFrom(audio: readonly Unit[], entry: Unit, seconds: number): boolean {
  const next = audio.find(({ at }) => at >= entry.at);
  return !next || next.seconds <= seconds;
}

async function findEnd(file: FrameFile, at: number, toSeconds: number): Promise<number> {
  let behind = 0;
  let isHeard = !file.hasAudio;
  let enoughAt: number | undefined;
  for await (const unit of file.units(at)) {
    if (unit.kind === "audio") isHeard ||= unit.seconds >= toSeconds;
    else if (enoughAt !== undefined && unit.at > enoughAt) return unit.at;
    else behind = unit.seconds >= toSeconds ? behind + 1 : 0;
    const isEnough = behind >= FRAMES_BEHIND && (isHeard || unit.seconds >= toSeconds + AUDIO_AWAY_SECONDS);
    if (isEnough) enoughAt ??= unit.at;
  }
  return file.size;
}
