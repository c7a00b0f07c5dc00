import { BLAME_LOG, mayBlameInput } from "../ffmpeg/blame.ts";
import { inputArguments } from "../ffmpeg/input-arguments.ts";
import { readLines } from "../ffmpeg/output.ts";
import { type FfmpegRun, runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { TIMESCALE } from "../ffmpeg/settings.ts";
import { type Cut, cutOut, FINE_TIMES } from "../ffmpeg/time-filters.ts";
import { seekArguments } from "../probe/decoding.ts";
import type { VideoProbe } from "../probe/probe.ts";
import { stretches } from "../timeline/stretches.ts";

type Ways = Pick<FfmpegRun, "ffmpeg" | "signal" | "timeLimitMs">;

/** H.264 and H.265 reorder 16 frames at most. */
const MOST_LEADING = 16;

/** Frames between a decoder and the end of a filter graph. */
const ON_THEIR_WAY = 4;

interface Damaged {
  path: string;
  video: VideoProbe;
  /** Frames that are known to be broken, by their times. */
  brokenSeconds?: readonly number[];
}

/**
 * Finds the frames of a stretch that do not come out whole: what a decoder conceals or leaves out, what is known to be broken, and
 * all that refer to it, up to the next keyframe. Decoding stops at the first complaint, and goes on at that keyframe.
 * @returns stretches of the source's timeline, each between two frames
 */
export async function undecoded({ path, video, brokenSeconds = [] }: Damaged, cut: Cut, ways: Ways): Promise<Cut[]> {
  const times = video.times.filter((time) => time > cut.inSeconds && time < cut.outSeconds);
  const decoding = video.decoding ?? [];
  const frameOf = nearestIn(video.times);
  const places = new Map(decoding.map(({ seconds }, place) => [frameOf(seconds), place]));
  const placeOf = (time: number) => places.get(frameOf(time)) ?? 0;
  const leading = mostLeading(decoding);
  const whole = new Set<number>();
  let seek = seekArguments(times[0] ?? 0, { video });
  let from = Number(seek.at(-1) ?? Number.NEGATIVE_INFINITY);
  for (;;) {
    const { decoded, isWhole, concealed } = await decode(
      path,
      { ...cut, inSeconds: Math.max(cut.inSeconds, from - 0.001) },
      seek,
      ways,
    );
    const came = new Set(decoded.map(frameOf));
    const notCome = isWhole ? [] : times.filter((time) => time > from - 0.001 && !came.has(frameOf(time)));
    const [firstLost] = notCome;
    // What is decoded behind a lost frame may refer to it, also when it is shown before it. The lost one need not be the
    // first that did not come: some are on their way when decoding stops.
    // Damage in frames that no other refers to is concealed, but not complained of: the complaint is about a later one.
    const unmarked = Math.min(leading, Math.max(0, concealed - 1));
    const end = Math.min(...notCome.slice(0, ON_THEIR_WAY).map(placeOf)) - unmarked;
    for (const time of decoded) if (placeOf(time) < end) whole.add(frameOf(time));
    if (isWhole || firstLost === undefined) break;
    // Where nothing came, what is damaged may lie before the stretch, and a later keyframe may still lie before it, too.
    const reached = decoded.length === 0 ? from : Math.max(from, firstLost);
    const next = decoding.find(({ seconds, isKey }) => isKey && seconds > reached + 0.001)?.seconds;
    if (next === undefined || next >= cut.outSeconds) break;
    seek = ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", next.toFixed(6)];
    from = next;
  }
  for (const time of brokenSeconds)
    for (const seconds of referring(decoding, placeOf(time))) whole.delete(frameOf(seconds));
  const lost = times.flatMap((time, index) => (whole.has(frameOf(time)) ? [] : [index]));
  const between = (index: number) => ((times[index - 1] ?? cut.inSeconds) + (times[index] ?? cut.outSeconds)) / 2;
  return stretches(lost).map(([first, last]) => ({ inSeconds: between(first), outSeconds: between(last + 1) }));
}

/**
 * A frame that is told as broken, and those that may refer to it: decoded behind it until the next keyframe, and behind that, but
 * shown before it. None where the keyframe follows at once: there, what is told may be the seam of two recorders' streams, both of
 * which are whole; of that frame alone the decoder says enough.
 */
function referring(decoding: readonly { seconds: number; isKey: boolean }[], place: number): number[] {
  const behind = decoding.slice(place);
  const next = behind.findIndex(({ isKey }, i) => i > 0 && isKey);
  if (next === 1) return [];
  const keySeconds = behind[next]?.seconds ?? Number.POSITIVE_INFINITY;
  const isOwn = (i: number) => next < 0 || i < next;
  return behind.flatMap(({ seconds }, i) => (isOwn(i) || seconds < keySeconds ? [seconds] : []));
}

/** The most frames that are decoded behind one and shown before it: B-frames in a row. In decoding order. */
function mostLeading(decoding: readonly { seconds: number }[]): number {
  const runs = decoding.map(({ seconds }, place) => {
    const next = decoding.slice(place + 1, place + 1 + MOST_LEADING);
    const end = next.findIndex((frame) => frame.seconds > seconds);
    return end === -1 ? 0 : end;
  });
  return Math.max(0, ...runs);
}

/** Times of the frames that come out before the first complaint, whether there was none, and in how many damage was concealed. */
async function decode(
  path: string,
  cut: Cut,
  seek: readonly string[],
  ways: Ways,
): Promise<{ decoded: number[]; isWhole: boolean; concealed: number }> {
  const decoded: number[] = [];
  const onLine = (line: string) => {
    if (line.startsWith("0,")) decoded.push(Number(line.split(",")[2]) / TIMESCALE);
  };
  const args = [
    // With several threads, frames are marked as damaged too late or not at all.
    ...["-v", `repeat+${BLAME_LOG}`, "-xerror", "-copyts", ...inputArguments(path, ["-threads", "1", ...seek])],
    ...["-filter_complex", `[0:V:0]${FINE_TIMES},${cutOut(cut)}[frames]`, "-map", "[frames]"],
    ...[
      "-fps_mode",
      "passthrough",
      "-enc_time_base",
      `1:${TIMESCALE}`,
      "-flush_packets",
      "1",
      "-f",
      "framecrc",
      "pipe:1",
    ],
  ];
  try {
    await runFfmpeg({ ...ways, args, onOutput: readLines(onLine) });
    return { decoded, isWhole: true, concealed: 0 };
  } catch (error) {
    if (!mayBlameInput(error)) throw error;
    return { decoded, isWhole: false, concealed: error.log.match(/concealing \d+ DC/g)?.length ?? 0 };
  }
}

/** Finds frames by their times, which may be rounded differently: the index of the nearest one. @param times ascending */
export function nearestIn(times: readonly number[]): (time: number) => number {
  const distinct = [...new Set(times)];
  return (time) => {
    let [low, high] = [0, distinct.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (((distinct[middle] ?? 0) + (distinct[middle + 1] ?? 0)) / 2 < time) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
