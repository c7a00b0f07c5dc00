import { type FrameFile, NotTakenApartError, type Place } from "./frames.ts";

/** Audio that begins so much before the pictures is the instant of the recording's name; else the first picture is, whether it can be decoded or not. */
const LATE_SECONDS = 0.2;
/** So many frames show whether they are stored in the order in which they are shown. */
const ORDER_FRAMES = 32;
/** Audio that has not begun so long behind the first picture begins later. */
const AUDIO_AWAY_SECONDS = 3;
const FIRST_WITHIN_BYTES = 64 * 1024 ** 2;
const TAIL_BYTES = [256 * 1024, 2 * 1024 ** 2, 16 * 1024 ** 2, 64 * 1024 ** 2];

/** Where a file's frames begin and end, on its own timeline, and what the instant of its name is there. */
export interface FileTimeline {
  /** The first frame that can be decoded. */
  first: Place;
  last: Place;
  endSeconds: number;
  /** Where it ends without its last frame, which comes alone, long after the others: its time may be damaged. */
  earlierEndSeconds?: number;
  originSeconds: number;
}

/** @throws NotTakenApartError when it has no frame to begin with */
export async function readFileTimeline(file: FrameFile): Promise<FileTimeline> {
  const { first, pictureSeconds, heardSeconds } = await readStart(file);
  const tail = await readTail(file, first);
  const early = pictureSeconds - heardSeconds;
  const isLate = early > LATE_SECONDS && early - (await reorderedSeconds(file, first)) > LATE_SECONDS;
  return { first, ...tail, originSeconds: isLate ? heardSeconds : pictureSeconds };
}

/** @returns also when the pictures begin, with which decoding need not be able to start, and the audio */
async function readStart(file: FrameFile): Promise<{ first: Place; pictureSeconds: number; heardSeconds: number }> {
  let first: Place | undefined;
  let pictureSeconds = Number.POSITIVE_INFINITY;
  let heardSeconds = file.hasAudio ? undefined : Number.POSITIVE_INFINITY;
  for await (const unit of file.units(0)) {
    if (unit.kind === "audio") heardSeconds ??= unit.seconds;
    else if (!first) {
      pictureSeconds = Math.min(pictureSeconds, unit.seconds);
      if (unit.entry) first = unit;
    }
    const isWaiting = heardSeconds === undefined && unit.seconds < (first?.seconds ?? 0) + AUDIO_AWAY_SECONDS;
    if ((first && !isWaiting) || unit.at > FIRST_WITHIN_BYTES) break;
  }
  if (!first) throw new NotTakenApartError("it has no keyframe");
  return { first, pictureSeconds, heardSeconds: heardSeconds ?? pictureSeconds };
}

/**
 * By how much reordering may have moved the pictures, at most: audio is stored beside the frame that is decoded with it. Encoders
 * delay by a frame more than the order of what they made needs.
 */
async function reorderedSeconds(file: FrameFile, first: Place): Promise<number> {
  const seconds: number[] = [];
  for await (const unit of file.units(first.at)) {
    if (unit.kind === "video") seconds.push(unit.seconds);
    if (seconds.length === ORDER_FRAMES) break;
  }
  const depths = seconds.map((own, i) => seconds.slice(0, i).filter((other) => other > own).length);
  const depth = Math.max(0, ...depths);
  const [earliest = 0, latest = 0] = [Math.min(...seconds), Math.max(...seconds)];
  return depth === 0 ? 0 : ((depth + 1) * (latest - earliest)) / (seconds.length - 1);
}

/** Longer than any camera's frame interval. */
const LONG_SECONDS = 1;

async function readTail(
  file: FrameFile,
  first: Place,
): Promise<Pick<FileTimeline, "last" | "endSeconds" | "earlierEndSeconds">> {
  for (const bytes of TAIL_BYTES) {
    const from = file.size - bytes > first.at ? await file.next(file.size - bytes) : first;
    const seconds: number[] = [];
    let heardSeconds = 0;
    if (from)
      for await (const unit of file.units(from.at)) {
        if (unit.kind === "video") seconds.push(unit.seconds);
        else heardSeconds = unit.seconds;
      }
    if (from && seconds.length > 0 && (seconds.length > 1 || from === first))
      return { last: from, ...endOf(seconds, heardSeconds) };
  }
  throw new NotTakenApartError("the frames at its end are not found");
}

/**
 * The last frame ends when one more would begin. Behind an outage that is not known: it counts as long as the longest of the others,
 * a second at least, or until the audio ends, as in MP4.
 */
function endOf(seconds: number[], heardSeconds: number): Pick<FileTimeline, "endSeconds" | "earlierEndSeconds"> {
  seconds.sort((a, b) => a - b);
  const [last = 0, ...others] = seconds.toReversed();
  const intervals = others.map((other, i) => (others[i - 1] ?? last) - other);
  const [own = 1 / 25, ...longer] = intervals;
  const known = Math.max(last + Math.max(LONG_SECONDS, ...longer), heardSeconds);
  const endSeconds = Math.min(last + own, known);
  const [before] = others;
  const [beforeOwn = own] = longer;
  return own <= LONG_SECONDS || before === undefined
    ? { endSeconds }
    : { endSeconds, earlierEndSeconds: before + beforeOwn };
}
