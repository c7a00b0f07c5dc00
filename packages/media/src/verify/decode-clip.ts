import { VerificationError } from "../errors.ts";
import { BLAME_LOG, mayBlameInput } from "../ffmpeg/blame.ts";
import { damageIn } from "../ffmpeg/damage.ts";
import { AS_INDEXED, inputArguments } from "../ffmpeg/input-arguments.ts";
import { type FfmpegRun, runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { type Cut, cutOut, FINE_TIMES } from "../ffmpeg/time-filters.ts";
import {
  type Fingerprint,
  fingerprintChain,
  fingerprintFiles,
  fingerprintOutputs,
  readFingerprints,
} from "./fingerprint.ts";

/** Frames of a clip that are decoded, by two instants around them. */
export interface ClipWindow extends Cut {
  /** Presentation time of the frame from which they can be decoded; absent: from the clip's start. */
  entrySeconds?: number | undefined;
}

type Ways = Pick<FfmpegRun, "ffmpeg" | "signal" | "timeLimitMs"> & { scratch: string };

/** Each has a decoder of its own, with its frames in memory. */
const WINDOWS_AT_ONCE = 6;

/**
 * Decodes parts of a finished clip as a player would.
 * @param windows in time order, not overlapping
 * @returns fingerprints of their frames, ascending
 * @throws VerificationError when a frame in them, or one that it needs, does not come out whole
 */
export async function decodeClip(path: string, windows: readonly ClipWindow[], ways: Ways): Promise<Fingerprint[]> {
  const frames: Fingerprint[] = [];
  for (let at = 0; at < windows.length; at += WINDOWS_AT_ONCE) {
    frames.push(...(await decodeSome(path, windows.slice(at, at + WINDOWS_AT_ONCE), ways)));
  }
  return frames;
}

async function decodeSome(
  path: string,
  windows: readonly ClipWindow[],
  { scratch, ...ways }: Ways,
): Promise<Fingerprint[]> {
  const files = fingerprintFiles(scratch, "clip");
  const chains = windows.map((window, i) => `[${i}:V:0]${FINE_TIMES},${cutOut(window)}[window${i}]`);
  const graph = [
    ...chains,
    fingerprintChain(
      windows.map((_, i) => `[window${i}]`),
      "clip",
    ),
  ].join(";");
  const args = [
    ...["-v", BLAME_LOG, "-y", "-xerror", "-copyts"],
    ...windows.flatMap((window) => inputArguments(path, inputOptions(window))),
    ...["-filter_complex", graph, ...fingerprintOutputs(files, "clip")],
  ];
  let log: string;
  try {
    log = await runFfmpeg({ ...ways, args });
  } catch (error) {
    if (!mayBlameInput(error)) throw error;
    throw new VerificationError("the clip cannot be decoded", { cause: error });
  }
  const damage = damageIn(log);
  if (damage !== undefined) throw new VerificationError(`the clip does not decode whole: ${damage}`);
  return readFingerprints(files);
}

/** Threads cost more than they bring where few frames are decoded. */
const SHORT_SECONDS = 10;

function inputOptions({ entrySeconds, inSeconds, outSeconds }: ClipWindow): string[] {
  const threads = outSeconds - (entrySeconds ?? inSeconds) < SHORT_SECONDS ? ["-threads", "1"] : [];
  return [...AS_INDEXED, ...threads, "-noautorotate", ...seekTo(entrySeconds)];
}

function seekTo(entrySeconds: number | undefined): string[] {
  if (entrySeconds === undefined) return [];
  return ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", Math.max(0, entrySeconds).toFixed(6)];
}
