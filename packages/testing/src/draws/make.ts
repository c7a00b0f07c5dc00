import { execFile } from "node:child_process";
import { appendFile, mkdir, readFile, rename, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeRecording, readFrameCodes, recordingName } from "@camclips/media/synthetic";
import { testFfmpeg } from "../ffmpeg.ts";
import type { DrawnCamera } from "./draw.ts";

const run = promisify(execFile);

export interface MadeRecording {
  name: string;
  /** The instant of its name. */
  startMs: number;
  endMs: number;
  /** Every frame that the file shows, by its code, and when that was. */
  frames: { code: number; wallMs: number }[];
  /** Where its recorder was started anew. */
  restartMs?: number;
  /** When its microphone was away. */
  silentMs?: [from: number, to: number];
  /** Around where the file is cut off: which of these frames are whole is not known. */
  doubtful?: { first: number; last: number };
}

/** Times of a file that start farther from 0 than this are a recorder's clock: then the name stands for the first frame. */
const CLOCK_SECONDS = { mp4: 1, mov: 1, ts: 0, m2ts: 0, mkv: 0, avi: 0.2 };

/** Makes a camera's recordings, and reads from the files themselves what they show when. */
export async function makeRecordings(drawn: DrawnCamera, folder: string, epochMs: number): Promise<MadeRecording[]> {
  if (drawn.isCut) return cutStream(drawn, folder, epochMs);
  const made: MadeRecording[] = [];
  let firstCode = 0;
  for (const [index, offsetMs] of drawn.offsetsMs.entries()) {
    const startMs = Math.round((made.at(-1)?.endMs ?? epochMs) + offsetMs);
    const resized = drawn.isResized && { width: 320, height: 180 };
    const other = { ...resized, ...(drawn.otherFps && { fps: drawn.otherFps }) };
    const options = index % 2 === 1 ? { ...drawn.options, ...other } : drawn.options;
    const one = await makeOne({ ...drawn, options }, { folder, epochMs, startMs, firstCode });
    firstCode = (one.frames.at(-1)?.code ?? -1) + 1;
    made.push(drawn.cutOff?.index === index ? await withoutEnd(drawn, one, folder, drawn.cutOff.part) : one);
  }
  return made;
}

async function makeOne(drawn: DrawnCamera, place: Place): Promise<MadeRecording> {
  const { options, extension, hiddenFrames = 0, isRestarted } = drawn;
  const { folder, epochMs, startMs, firstCode } = place;
  const clockMs = (options.firstSeconds ?? 0) > CLOCK_SECONDS[extension] ? (options.firstSeconds ?? 0) * 1000 : 0;
  const hiddenMs = hiddenFrames === 0 ? 0 : (hiddenFrames * 1000) / Number(options.fps);
  const name = recordingName("pier", startMs).replace(/mp4$/, extension);
  const path = join(folder, name);
  const plain = join(folder, "plain.mp4");
  const zeroMs = startMs - clockMs - hiddenMs;
  const recording = await makeRecording({
    ...options,
    ffmpeg: testFfmpeg,
    path: plain,
    startMs: zeroMs,
    epochMs,
    firstCode,
  });
  if (hiddenFrames > 0) await hideStart(plain, hiddenMs / 1000, options.timescale);
  await remux(drawn, plain, path);
  await rm(plain, { force: true });
  // ffmpeg does not know when the frames of an AVI are shown: they are one interval apart.
  if (extension === "avi") {
    const [first] = recording.frames;
    const frames = recording.frames.map(({ code, wallMs }) => ({
      code,
      wallMs: wallMs - (first?.wallMs ?? 0) + startMs,
    }));
    return { name, startMs, endMs: startMs + options.seconds * 1000, frames };
  }
  const read = await readMade(drawn, path, { name, startMs });
  const own = drawn.silentSeconds ? { ...read, silentMs: silentOf(drawn.silentSeconds, zeroMs, options) } : read;
  return isRestarted ? withSecondStart(drawn, own, place) : own;
}

const silentOf = (
  [from, to]: [number, number],
  zeroMs: number,
  { firstSeconds = 0 }: DrawnCamera["options"],
): [number, number] => [zeroMs + (firstSeconds + from) * 1000, zeroMs + (firstSeconds + to) * 1000];

interface Place {
  folder: string;
  epochMs: number;
  startMs: number;
  firstCode: number;
}

/** What a recording shows when, read from it; its name stands for time 0, or for its first frame. */
async function readMade(
  { options, extension }: DrawnCamera,
  path: string,
  { name, startMs, isFromFirst = false }: { name: string; startMs: number; isFromFirst?: boolean },
): Promise<MadeRecording> {
  const shown = (await readFrameCodes(path, testFfmpeg)).filter(({ seconds }) => seconds > -0.0005);
  const first = shown[0]?.seconds ?? 0;
  const origin = isFromFirst || first > CLOCK_SECONDS[extension] ? first : 0;
  const frames = shown.map((frame) => ({ code: frame.code ?? -1, wallMs: startMs + (frame.seconds - origin) * 1000 }));
  const [rate = 25, unit = 1] = String(options.fps).split("/").map(Number);
  return { name, startMs, endMs: Math.round((frames.at(-1)?.wallMs ?? startMs) + (1000 * unit) / rate), frames };
}

/** So many frames are stored between two that follow each other, at most. */
const REORDERED = 8;

/** The file was never written to its end. What decoders give of its last frames may be none of the camera's. */
async function withoutEnd(
  drawn: DrawnCamera,
  whole: MadeRecording,
  folder: string,
  part: number,
): Promise<MadeRecording> {
  const path = join(folder, whole.name);
  await truncate(path, Math.round((await stat(path)).size * part));
  const left = await readMade(drawn, path, whole).catch(() => undefined);
  // What ffmpeg refuses as a whole may hold any of them.
  if (!left) return { ...whole, doubtful: { first: whole.frames[0]?.code ?? 0, last: whole.frames.at(-1)?.code ?? 0 } };
  const codes = left.frames.map(({ code }) => code);
  const known = whole.frames.filter(({ code }) => codes.includes(code));
  const last = known.at(-1)?.code ?? whole.frames[0]?.code ?? 0;
  return { ...whole, frames: known, doubtful: { first: last - REORDERED, last: last + REORDERED } };
}

/** Frames that decoding needs are before time 0, and not shown. */
async function hideStart(path: string, seconds: number, timescale = 90_000): Promise<void> {
  const scale = ["-video_track_timescale", String(timescale)];
  await run(testFfmpeg, [
    "-v",
    "error",
    "-y",
    "-ss",
    seconds.toFixed(6),
    "-i",
    path,
    "-c",
    "copy",
    ...scale,
    `${path}.mp4`,
  ]);
  await rename(`${path}.mp4`, path);
}

/** The recorder was started anew, and goes on in the same file: its clock begins again. */
async function withSecondStart(drawn: DrawnCamera, first: MadeRecording, place: Place): Promise<MadeRecording> {
  const folder = join(place.folder, "second");
  await mkdir(folder);
  const firstCode = (first.frames.at(-1)?.code ?? -1) + 1;
  const again = { ...place, folder, startMs: first.endMs, firstCode };
  const second = await makeOne({ ...drawn, isRestarted: false }, again);
  await appendFile(join(place.folder, first.name), await readFile(join(folder, second.name)));
  await rm(folder, { recursive: true });
  return { ...first, restartMs: first.endMs, endMs: second.endMs, frames: [...first.frames, ...second.frames] };
}

/** A stream that ffmpeg cut into files, as the usual recorders do. */
async function cutStream(drawn: DrawnCamera, folder: string, epochMs: number): Promise<MadeRecording[]> {
  const { options, extension, offsetsMs } = drawn;
  const [plain, stream] = [join(folder, "plain.mp4"), join(folder, `stream.${extension}`)];
  const seconds = options.seconds * offsetsMs.length;
  const whole = { ...options, seconds, ffmpeg: testFfmpeg, path: plain, startMs: epochMs, epochMs };
  await makeRecording(whole);
  await remux({ ...drawn, container: extension === "mp4" ? "moov-last" : drawn.container }, plain, stream);
  // Times that were rounded come a little before the cut.
  const when = ["-segment_time", String(options.seconds), "-segment_time_delta", "0.05"];
  const cut = ["-f", "segment", ...when, join(folder, `cut-%03d.${extension}`)];
  await run(testFfmpeg, ["-v", "error", "-y", "-i", stream, "-map", "0", "-c", "copy", ...cut]);
  for (const path of [plain, stream]) await rm(path, { force: true });
  const made: MadeRecording[] = [];
  for (const [index] of offsetsMs.entries()) {
    const startMs = epochMs + index * options.seconds * 1000;
    const name = recordingName("pier", startMs).replace(/mp4$/, extension);
    await rename(join(folder, `cut-${String(index).padStart(3, "0")}.${extension}`), join(folder, name));
    const isFromFirst = extension === "mp4" && (options.bFrames ?? 0) > 0;
    made.push(await readMade(drawn, join(folder, name), { name, startMs, isFromFirst }));
  }
  return made;
}

/** The recording in its container, and with its audio. */
async function remux(drawn: DrawnCamera, from: string, to: string): Promise<void> {
  const { container, extension, audio, options, fragments: shape = "", hole } = drawn;
  const isPlain = extension === "mp4" && shape === "" && !hole && !drawn.silentSeconds;
  if (isPlain && (audio === "aac" || audio === "none")) return rename(from, to);
  const codec =
    audio === "none" ? ["-an"] : audio === "aac" ? ["-c:a", "copy"] : ["-c:a", ...audio.split(" "), "-strict", "-2"];
  const rate = ["opus", "ac3"].includes(audio) ? ["-ar", "48000"] : [];
  const shaped = extension === "mp4" ? fragments(container, shape) : [];
  const scale = ["mp4", "mov"].includes(extension) ? ["-video_track_timescale", String(options.timescale)] : [];
  const times = (options.firstSeconds ?? 0) > 0 ? ["-copyts"] : [];
  const muxer = MUXERS[container] ?? [];
  const muxed = [
    "-map",
    "0:v",
    "-map",
    "0:a?",
    "-c:v",
    "copy",
    ...codec,
    ...rate,
    ...scale,
    ...shaped,
    ...muxer,
    ...later(drawn),
  ];
  await run(testFfmpeg, ["-v", "error", "-y", ...times, "-i", from, ...muxed, to]);
}

/** Ways in which ffmpeg writes a container, other than its usual one. */
const MUXERS: Partial<Record<DrawnCamera["container"], string[]>> = {
  "ts-even": ["-muxrate", "2000000"],
  "ts-from-0": ["-muxdelay", "0", "-muxpreload", "0"],
  "mkv-live": ["-live", "1"],
  "mkv-short": ["-cluster_time_limit", "700"],
};

/** Moves what comes from the hole on: pictures by their number, from a keyframe on, and audio by its time; leaves out what was not heard. */
function later({ hole, options, silentSeconds }: DrawnCamera): string[] {
  if (silentSeconds) {
    const [from, to] = silentSeconds.map((seconds) => seconds + (options.firstSeconds ?? 0));
    return ["-bsf:a", `noise=drop='between(pts*tb,${from},${to})'`];
  }
  if (!hole) return [];
  const fps = Number(options.fps);
  const fromSeconds = (options.firstSeconds ?? 0) + hole.frame / fps;
  const moved = (when: string) => `setts=pts='PTS+${when}*${hole.seconds}/TB':dts='DTS+${when}*${hole.seconds}/TB'`;
  return ["-bsf:v", moved(`gte(N,${hole.frame})`), "-bsf:a", moved(`gte(PTS*TB,${fromSeconds})`)];
}

function fragments(container: string, shape: string): string[] {
  if (!container.startsWith("fragmented")) return container === "moov-first" ? ["-movflags", "+faststart"] : [];
  return ["-movflags", `frag_keyframe+delay_moov+default_base_moof${shape}`];
}
