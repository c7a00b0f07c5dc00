import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type ByteSource,
  fileSource,
  type MuxSample,
  memorySource,
  onlyDescription,
  presentationSeconds,
  presentationTicks,
  samplesOf,
  TIME_TOLERANCE_SECONDS,
  type Track,
  writeMovie,
  writeMovieFile,
} from "@camclips/mp4";
import { type AvcSets, type ChainedSlice, type ChainOrigin, readAvcSets } from "@camclips/mp4/chain";
import { pictureIn, renumberedPieces } from "../cut/picture-chain.ts";
import { VerificationError } from "../errors.ts";
import { BLAME_LOG, mayBlameInput } from "../ffmpeg/blame.ts";
import { damageIn } from "../ffmpeg/damage.ts";
import { AS_INDEXED, inputArguments } from "../ffmpeg/input-arguments.ts";
import { type FfmpegRun, runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { seekTo } from "../probe/decoding.ts";
import { packetLines } from "./fingerprint.ts";

/** More than any picture needs: max_num_ref_frames is at most 16. */
const MOST_HEAD_FRAMES = 32;
const TAIL_FRAMES = 25;

interface LongEnd {
  path: string;
  /** Its samples are shown as they are stored. */
  video: Track;
  /** The keyframe that the last sample needs, more than MOST_HEAD_FRAMES and TAIL_FRAMES before it. */
  entry: number;
}

interface ClipEnd {
  /** The bytes of the last samples, as they are in the clip. */
  tail: Uint8Array[];
  /** All that are decoded. */
  samples: MuxSample[];
}

/**
 * Checks the last frames of a clip behind a long GOP: that ffmpeg finds them in the file as our reader does, and that they are whole. They are
 * decoded behind the GOP's first frames, without those between, which costs as little as with a short GOP. So what they show is not right,
 * but every bit of them is read.
 * @returns whether they could be; not where frames need others than those before
 * @throws VerificationError when they are not as they should be
 */
export async function checkClipEnd(
  { path, video, entry }: LongEnd,
  { scratch, ...ways }: Pick<FfmpegRun, "ffmpeg" | "signal" | "timeLimitMs"> & { scratch: string },
): Promise<boolean> {
  const description = onlyDescription(video);
  const avc = description?.video?.avc;
  if (description?.format !== "avc1" || avc?.nalLengthSize !== 4) return false;
  await using file = await fileSource(path);
  const end = await shortened(file, video, entry, readAvcSets(avc));
  if (!end) return false;
  const short = join(scratch, "end.mp4");
  const [packets, frames] = [join(scratch, "end.packets"), join(scratch, "end.frames")];
  const edit = { ...video.edit, from: presentationTicks(video, entry), to: Number.POSITIVE_INFINITY };
  const track = { ...video, descriptions: [description.entry], samples: end.samples, edit };
  const first = video.samples.count - TAIL_FRAMES;
  // Any sample may be sought, and is passed on without a keyframe before. Between two, so that rounding decides nothing.
  const beforeSeconds = (presentationSeconds(video, first - 1) + presentationSeconds(video, first)) / 2;
  const seek = ["-seek2any", "1", ...seekTo(beforeSeconds)];
  const args = [
    ...["-v", BLAME_LOG, "-y", "-xerror", "-copyts"],
    ...inputArguments(path, [...AS_INDEXED, ...seek]),
    ...inputArguments(short, [...AS_INDEXED, "-threads", "1", "-skip_loop_filter", "all"]),
    ...["-map", "0:V:0", "-c", "copy", "-copyinkf:v", "-f", "framehash", "-hash", "SHA256", packets],
    ...["-map", "1:V:0", "-vf", "crop=2:2:0:0", "-fps_mode", "passthrough", "-c:v", "rawvideo"],
    ...["-f", "framecrc", frames],
  ];
  try {
    await writeMovieFile(short, writeMovie([track], { order: "source" }), ways.signal);
    const damage = damageIn(await runFfmpeg({ ...ways, args }));
    if (damage !== undefined) throw new VerificationError(`the clip's end does not decode whole: ${damage}`);
    if (packetLines(await readFile(frames, "utf8")).length !== end.samples.length)
      throw new VerificationError("the clip's last frames cannot be decoded");
    checkPackets(await readFile(packets, "utf8"), video, end.tail);
    return true;
  } catch (error) {
    if (!mayBlameInput(error)) throw error;
    throw new VerificationError("the clip's last frames cannot be decoded", { cause: error });
  } finally {
    for (const made of [short, packets, frames]) await rm(made, { force: true });
  }
}

/** The first and the last frames of a GOP as one that is short: numbers of the last ones follow those of the first. */
async function shortened(file: ByteSource, video: Track, entry: number, sets: AvcSets): Promise<ClipEnd | undefined> {
  const { count } = video.samples;
  const tail = samplesOf(video, file, count - TAIL_FRAMES, count - 1);
  const bytes = await Promise.all(tail.map(bytesOf));
  const last = bytes.map((sample) => pictureIn(sample, sets));
  const needed = Math.max(...last.map((picture) => picture?.references ?? Number.POSITIVE_INFINITY));
  const head = samplesOf(video, file, entry, entry + MOST_HEAD_FRAMES - 1);
  if (tail.some(({ compositionOffset }) => compositionOffset !== head[0]?.compositionOffset)) return undefined;
  const next = (await Promise.all(head.slice(1).map(bytesOf))).map((sample) => pictureIn(sample, sets));
  let [headFrames, references] = [1, 1];
  // One picture behind the keyframe tells its numbers.
  while (headFrames === 1 || references < needed) {
    const picture = next[headFrames - 1];
    if (!picture || picture.references > references) return undefined;
    if (picture.isReference) references++;
    headFrames++;
  }
  const [before, behind] = [next[headFrames - 2], last[0]];
  if (!before || !behind) return undefined;
  const origin = originBehind(before, behind);
  const samples = head.slice(0, headFrames);
  const held = samples.pop();
  if (held) samples.push({ ...held, duration: (tail[0]?.dts ?? 0) - held.dts });
  for (const [i, sample] of tail.entries()) {
    const own = Buffer.concat(renumberedPieces(bytes[i] ?? Buffer.alloc(0), sets, origin));
    samples.push({ ...sample, source: memorySource(own), offset: 0, size: own.length });
  }
  return { tail: bytes, samples };
}

/** Numbers of a picture, and of those behind it, are counted from this when it is to follow another. */
function originBehind(before: ChainedSlice, picture: ChainedSlice): ChainOrigin {
  const next = before.frameNumber + (before.isReference ? 1 : 0);
  return { frameNumber: picture.frameNumber - next, low: (picture.low ?? 0) - (before.low ?? 0) - 2 };
}

function bytesOf({ source, offset, size }: MuxSample): Promise<Uint8Array> {
  return source.read(offset, offset + size);
}

/** @throws VerificationError when ffmpeg reads other packets, or at other times, than our reader */
function checkPackets(hashes: string, video: Track, tail: readonly Uint8Array[]): void {
  const [, from = "", to = ""] = /^#tb 0: (\d+)\/(\d+)$/m.exec(hashes) ?? [];
  // The first one is that before the tail.
  const lines = packetLines(hashes).slice(-tail.length);
  const first = video.samples.count - tail.length;
  for (const [i, sample] of tail.entries()) {
    const [, , pts = "", , , hash] = lines[i]?.split(/,\s*/) ?? [];
    const seconds = (Number(pts) * Number(from)) / Number(to);
    const isThere = Math.abs(seconds - presentationSeconds(video, first + i)) <= TIME_TOLERANCE_SECONDS;
    const own = createHash("sha256").update(sample).digest("hex");
    if (!isThere || hash !== own) {
      const at = presentationSeconds(video, first + i).toFixed(3);
      throw new VerificationError(`ffmpeg does not find the clip's frame at ${at} s`);
    }
  }
}
