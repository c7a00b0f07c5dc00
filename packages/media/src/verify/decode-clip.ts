import { VerificationError } from "../errors.ts";
import { BLAME_LOG, mayBlameInput } from "../ffmpeg/blame.ts";
import { damageIn } from "../ffmpeg/damage.ts";
import { AS_INDEXED, inputArguments } from "../ffmpeg/input-arguments.ts";
import { type FfmpegRun, runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { type Cut, cutOut, FINE_TIMES } from "../ffmpeg/time-filters.ts";
import { decoderThreads, seekTo } from "../probe/decoding.ts";
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
  /** Whether their pictures are looked at, and not only whether they can be decoded. */
  isLookedAt: boolean;
}

/** What else is made of the frames while they are decoded, in their order: raw pictures. */
export interface ClipLook {
  filters: string;
  /** May throw, which ends the decoding. */
  onOutput(chunk: Uint8Array): void;
}

type Ways = Pick<FfmpegRun, "ffmpeg" | "signal" | "timeLimitMs"> & { scratch: string; width: number; height: number };

/** Each has a decoder of its own, with its frames in memory. */
const WINDOWS_AT_ONCE = 6;

/**
 * Decodes parts of a finished clip as a player would.
 * @param windows in time order, not overlapping
 * @returns fingerprints of their frames, ascending
 * @throws VerificationError when a frame in them, or one that it needs, does not come out whole
 */
export async function decodeClip(
  path: string,
  windows: readonly ClipWindow[],
  ways: Ways,
  look?: ClipLook,
): Promise<Fingerprint[]> {
  const frames: Fingerprint[] = [];
  for (let at = 0; at < windows.length; at += WINDOWS_AT_ONCE) {
    frames.push(...(await decodeSome(path, windows.slice(at, at + WINDOWS_AT_ONCE), ways, look)));
  }
  return frames;
}

async function decodeSome(
  path: string,
  windows: readonly ClipWindow[],
  { scratch, width, height, ...ways }: Ways,
  look: ClipLook | undefined,
): Promise<Fingerprint[]> {
  const files = fingerprintFiles(scratch, "clip");
  const chains = windows.map((window, i) => `[${i}:V:0]${FINE_TIMES},${cutOut(window)}[window${i}]`);
  const all = windows.map((_, i) => `[window${i}]`);
  const graph = [...chains, ...(look ? lookedAt(all, look) : [fingerprintChain(all, "clip")])].join(";");
  const args = [
    ...["-v", BLAME_LOG, "-y", "-xerror", "-copyts"],
    ...windows.flatMap((window) => inputArguments(path, inputOptions(window, { width, height }))),
    ...["-filter_complex", graph, ...fingerprintOutputs(files, "clip")],
    ...(look ? ["-map", "[look]", "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"] : []),
  ];
  let log: string;
  try {
    log = await runFfmpeg({ ...ways, args, ...(look && { onOutput: look.onOutput }) });
  } catch (error) {
    if (!mayBlameInput(error)) throw error;
    throw new VerificationError("the clip cannot be decoded", { cause: error });
  }
  const damage = damageIn(log);
  if (damage !== undefined) throw new VerificationError(`the clip does not decode whole: ${damage}`);
  return readFingerprints(files);
}

/** Fingerprints of the windows, and what a look makes of them. */
function lookedAt(windows: readonly string[], { filters }: ClipLook): string[] {
  const join = windows.length > 1 ? `interleave=nb_inputs=${windows.length},` : "";
  return [
    `${windows.join("")}${join}split[frames][looked]`,
    `[looked]${filters}[look]`,
    fingerprintChain(["[frames]"], "clip"),
  ];
}

/** Threads cost more than they bring where few frames are decoded and looked at. */
const SHORT_SECONDS = 10;
/** Only the last of a GOP may be wanted, all of which is decoded for it: two threads are done sooner. */
const UNSEEN_THREADS = 2;
/** What smooths the edges of blocks fails on no data, and only shows in the picture. */
const UNSMOOTHED = ["-skip_loop_filter", "all"];

function inputOptions(
  { entrySeconds, inSeconds, outSeconds, isLookedAt }: ClipWindow,
  picture: { width: number; height: number },
): string[] {
  const isShort = outSeconds - (entrySeconds ?? inSeconds) < SHORT_SECONDS;
  const count = isLookedAt ? 1 : decoderThreads(picture, UNSEEN_THREADS);
  const seek = entrySeconds === undefined ? [] : seekTo(entrySeconds);
  const threads = isShort ? ["-threads", String(count)] : [];
  return [...AS_INDEXED, ...threads, ...(isLookedAt ? [] : UNSMOOTHED), "-noautorotate", ...seek];
}
