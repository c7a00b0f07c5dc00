import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Fingerprint, fingerprintFiles, readFingerprints } from "../../packages/media/src/verify/fingerprint.ts";

const run = promisify(execFile);

/** Every frame that a decoder shows of a file, small, with its time; of long files the first `seconds`. */
export async function picturesOf(
  ffmpeg: string,
  path: string,
  scratch: string,
  seconds?: number,
): Promise<Fingerprint[]> {
  const files = fingerprintFiles(scratch, "judge");
  // Not -t: with times as they are, it counts from 0.
  const limit = seconds === undefined ? "" : `trim=duration=${seconds},`;
  const small = `[0:V:0]${limit}settb=1/90000,scale=32:32:flags=area,format=gray,split[pictures][times]`;
  const output = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-c:v", "rawvideo"];
  await run(ffmpeg, [
    ...["-v", "quiet", "-y", "-copyts", "-i", path, "-filter_complex", small],
    ...["-map", "[pictures]", ...output, "-f", "rawvideo", files.pictures],
    ...["-map", "[times]", ...output, "-f", "framecrc", files.times],
  ]);
  const frames = await readFingerprints(files);
  return frames.sort((a, b) => a.seconds - b.seconds);
}
