import { AudioError } from "../errors.ts";
import { BLAME_LOG } from "../ffmpeg/blame.ts";
import { AS_INDEXED, inputArguments } from "../ffmpeg/input-arguments.ts";
import { type FfmpegRun, runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { compensationSeconds } from "../probe/audio-jitter.ts";
import { seekArguments } from "../probe/decoding.ts";

/** Enough for what tells one instant from another, and cheap to compare. */
export const RATE = 8000;

/** Inputs of one run: each takes a demuxer and a decoder. */
const AT_ONCE = 16;

export interface Stretch {
  path: string;
  /** On the file's own timeline. */
  fromSeconds: number;
  seconds: number;
  /** Whether it is an MP4 whose index our reader has read. */
  isIndexed: boolean;
  /** How far its packets' times go back and forth; its decoded audio goes on without a break all the same. */
  jitterSeconds?: number | undefined;
}

/**
 * Decodes stretches of audio as they lie on their files' timelines, mono; what a file does not hold is silence.
 * @throws AudioError when ffmpeg gives less than that
 */
export async function decodeAudio(
  stretches: readonly Stretch[],
  ways: Pick<FfmpegRun, "ffmpeg" | "signal" | "timeLimitMs">,
): Promise<Int16Array[]> {
  const decoded: Int16Array[] = [];
  for (let at = 0; at < stretches.length; at += AT_ONCE) {
    const some = stretches.slice(at, at + AT_ONCE);
    const chunks: Uint8Array[] = [];
    const onOutput = (chunk: Uint8Array) => void chunks.push(chunk);
    await runFfmpeg({ ...ways, args: audioArguments(some), onOutput });
    const samples = samplesOf(Buffer.concat(chunks));
    let start = 0;
    for (const { seconds } of some) {
      decoded.push(samples.subarray(start, start + samplesIn(seconds)));
      start += samplesIn(seconds);
    }
    // Where a stretch gives not one sample, ffmpeg ends, now and then without an error: what is missing would count as silence.
    if (samples.length < start) throw new AudioError("the clip's audio cannot be decoded");
  }
  return decoded;
}

/** Little-endian, as all processors that Node runs on. A copy, because a buffer need not begin at an even address. */
function samplesOf(bytes: Buffer): Int16Array {
  return new Int16Array(Uint8Array.from(bytes.subarray(0, bytes.length & ~1)).buffer);
}

const samplesIn = (seconds: number): number => Math.round(seconds * RATE);

function audioArguments(stretches: readonly Stretch[]): string[] {
  const inputs = stretches.flatMap(({ path, fromSeconds, isIndexed }) => {
    return inputArguments(path, [...(isIndexed ? AS_INDEXED : []), "-vn", ...seekArguments(fromSeconds)]);
  });
  const chains = stretches.map(({ fromSeconds, seconds, jitterSeconds }, i) => {
    const end = (fromSeconds + seconds + 0.1).toFixed(6);
    const count = samplesIn(seconds);
    const placed = `atrim=end=${end},asetpts='PTS-${fromSeconds.toFixed(6)}/TB'`;
    // What lies near half the rate comes out of the resampler now so, now so. In silence, a lowpass counts on with denormal
    // numbers, for which processors take many times as long, unless there is some noise: here at -351 dB.
    const compensation = jitterSeconds ? compensationSeconds(jitterSeconds) : 0.001;
    const even = `adenorm,lowpass=f=2500,lowpass=f=2500,aresample=${RATE}:async=1:min_hard_comp=${compensation}:first_pts=0,aformat=sample_fmts=s16:channel_layouts=mono`;
    return `[${i}:a:0]${placed},${even},apad=whole_len=${count},atrim=end_sample=${count}[a${i}]`;
  });
  const all = stretches.map((_, i) => `[a${i}]`).join("");
  const graph = [...chains, `${all}concat=n=${stretches.length}:v=0:a=1[all]`].join(";");
  return [
    ...["-v", BLAME_LOG, "-copyts", ...inputs, "-filter_complex", graph],
    ...["-map", "[all]", "-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"],
  ];
}
