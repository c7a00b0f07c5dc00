import { createWriteStream } from "node:fs";
import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { readTimeline, sliceRecording } from "@camclips/containers";
import { openSliced, zeroMsOf } from "@camclips/functions";
import { type MediaEngine, VerificationError } from "@camclips/media";
import { CorruptSourceError, OutsideMediaError } from "@camclips/mp4";
import type { ExamineRules } from "./examine.ts";
import { openRecording } from "./open-recording.ts";
import type { RecordingRow } from "./rows.ts";

/** A frame stands no longer, and none is shown so long before the first one. */
const LONGEST_FRAME_SECONDS = 2;

/**
 * The picture that a recording shows at an instant, as JPEG: only the bytes from the keyframe before it are read.
 * @returns undefined where it shows none.
 */
export async function frameAt(
  row: RecordingRow,
  atMs: number,
  { media, width, rules, signal }: { media: MediaEngine; width: number; rules: ExamineRules; signal: AbortSignal },
): Promise<Uint8Array | undefined> {
  const object = await openRecording(join(row.folder, row.name));
  if (!object) return undefined;
  const claimed = { key: row.name, startMs: row.startMs, endMs: row.endMs };
  try {
    const claims = [(row.endMs - row.startMs) / 1000];
    const timeline = await readTimeline(object, row.name, signal, claims);
    if (!timeline) return undefined;
    const atSeconds = (atMs - zeroMsOf(claimed, timeline, rules)) / 1000;
    const cut = (fromSeconds: number, toSeconds: number) =>
      sliceRecording(object, row.name, { fromSeconds, toSeconds }, signal, claims);
    // The frame that is shown began before; where the recording begins with the instant, the next one does.
    const before = [atSeconds - LONGEST_FRAME_SECONDS, atSeconds + 0.001] as const;
    const after = [atSeconds, atSeconds + LONGEST_FRAME_SECONDS] as const;
    const slice = await cut(...before).catch((error: unknown) => {
      if (error instanceof OutsideMediaError) return cut(...after);
      throw error;
    });
    if (slice.method === "copied") return undefined;
    const shownSeconds = Math.max(atSeconds, (slice.media?.startSeconds ?? 0) + 0.001);
    await using folder = await mkdtempDisposable(join(tmpdir(), "camclips-frame-"));
    const [clip, path] = [join(folder.path, "slice.mp4"), join(folder.path, "frame.jpg")];
    await pipeline(slice.chunks(signal), createWriteStream(clip), { signal });
    const options = { scratch: folder.path, signal };
    const [zeroMs, fromMs, toMs] = [slice.zeroSeconds * 1000, atSeconds * 1000, atSeconds * 1000];
    const source = { path: clip, zeroMs, fromMs, toMs };
    const opened = slice.container ? await openSliced(source, slice.container, { media }, options) : source;
    const thumbnail = { clip: opened.path, atSeconds: shownSeconds - opened.zeroMs / 1000, outputs: [{ path, width }] };
    await media.renderThumbnails(thumbnail, options);
    return await readFile(path);
  } catch (error) {
    const isNone = [CorruptSourceError, OutsideMediaError, VerificationError].some((kind) => error instanceof kind);
    if (isNone) return undefined;
    throw error;
  }
}
