import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ByteSource } from "@camclips/mp4";
import { testFfmpeg } from "../ffmpeg.ts";

/** What the tests of this folder make with ffmpeg, and sources that count or lie. Not part of the product. */

const run = promisify(execFile);

export interface Scratch extends AsyncDisposable {
  path(name: string): string;
}

export async function scratchFolder(): Promise<Scratch> {
  const folder = await mkdtemp(join(tmpdir(), "camclips-mp4-"));
  return {
    path: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function ffmpeg(...args: string[]): Promise<void> {
  await run(testFfmpeg, ["-nostdin", "-v", "error", "-y", ...args]);
}

export interface Picture {
  seconds?: number;
  fps?: string;
  /** x264 settings, colon separated. */
  x264?: string;
  audio?: boolean;
  /** Further output arguments (muxer flags, filters). */
  output?: string[];
}

/** A small synthetic recording: 160x90, keyframe every second, two B-frames, unless `x264` says otherwise. */
export async function makeRecording(path: string, picture: Picture = {}): Promise<string> {
  const {
    seconds = 4,
    fps = "25",
    x264 = "keyint=25:min-keyint=25:scenecut=0:bframes=2",
    audio = true,
    output = [],
  } = picture;
  const tone = ["-f", "lavfi", "-i", `sine=440:duration=${seconds}`, "-c:a", "aac"];
  await ffmpeg(
    ...["-f", "lavfi", "-i", `testsrc2=size=160x90:rate=${fps}:duration=${seconds}`],
    ...(audio ? tone : []),
    ...["-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p", "-x264-params", x264],
    ...output,
    path,
  );
  return path;
}

export interface DemuxedPacket {
  /** Seconds. */
  pts: number;
  size: number;
  /** MD5 of its bytes. */
  hash: string;
}

/** Packets of one stream (`v:0`, `a:0`) as ffmpeg's own demuxer reads them, those included that an edit list hides. */
export async function demuxedPackets(path: string, stream = "v:0"): Promise<DemuxedPacket[]> {
  const copy = ["-copyts", "-i", path, "-map", `0:${stream}`, "-c", "copy", "-f", "framemd5", "-"];
  const { stdout } = await run(testFfmpeg, ["-v", "error", ...copy], { maxBuffer: 1 << 28 });
  const [, numerator = "1", denominator = "1"] = /^#tb 0: (\d+)\/(\d+)$/m.exec(stdout) ?? [];
  const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [, , pts, , size, hash = ""] = line.split(",").map((column) => column.trim());
    return { pts: (Number(pts) * Number(numerator)) / Number(denominator), size: Number(size), hash };
  });
}

export interface Frame {
  seconds: number;
  hash: string;
}

/** Every frame that a player shows, in presentation order; equal hashes are equal pictures. */
export async function shownFrames(path: string): Promise<Frame[]> {
  const args = [
    "-v",
    "error",
    "-copyts",
    "-i",
    path,
    "-map",
    "0:v:0",
    "-fps_mode",
    "passthrough",
    "-enc_time_base",
    "1/1000000",
  ];
  const { stdout } = await run(testFfmpeg, [...args, "-f", "framemd5", "-"], { maxBuffer: 1 << 28 });
  const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const columns = line.split(",").map((column) => column.trim());
    return { seconds: Number(columns[2]) / 1e6, hash: columns[5] ?? "" };
  });
}

/** What ffmpeg complains about while decoding a file: empty when it is intact. */
export async function decodeComplaints(path: string): Promise<string> {
  const { stderr } = await run(testFfmpeg, ["-v", "warning", "-i", path, "-f", "null", "-"]);
  return stderr;
}

export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (start, end) => bytes.slice(start, end),
    async *stream(start, end) {
      for (let at = start; at < end; at += 65_536) yield bytes.slice(at, Math.min(end, at + 65_536));
    },
  };
}

export interface Traffic {
  reads: [start: number, end: number][];
  streams: [start: number, end: number][];
}

/** Counts what is asked of `source`. */
export function counted(source: ByteSource): ByteSource & { traffic: Traffic } {
  const traffic: Traffic = { reads: [], streams: [] };
  return {
    size: source.size,
    traffic,
    read(start, end, signal) {
      traffic.reads.push([start, end]);
      return source.read(start, end, signal);
    },
    stream(start, end, signal) {
      traffic.streams.push([start, end]);
      return source.stream(start, end, signal);
    },
  };
}
