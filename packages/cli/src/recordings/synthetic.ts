import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Footage } from "@camclips/core";
import { makeRecording, type RecordingOptions, recordingName } from "@camclips/media/synthetic";

export interface SyntheticRecording extends Omit<RecordingOptions, "path" | "ffmpeg"> {
  alias: string;
}

/** Is told that a recording is being made; what it returns is told how far that is, in percent, up to 100. */
export type OnMake = (key: string) => (percent: number) => void;

/** Makes a recording of a synthetic camera, unless the folder has it; a cut-off one is never taken for one. */
export async function makeRecordingOnce(
  folder: string,
  { alias, ...options }: SyntheticRecording,
  ffmpeg: string,
  onMake: OnMake,
): Promise<Footage> {
  const { startMs, seconds } = options;
  const key = recordingName(alias, startMs);
  const path = join(folder, key);
  if (!(await stat(path).catch(() => undefined))) {
    const progress = onMake(key);
    await mkdir(folder, { recursive: true });
    const unfinished = `${path}.${process.pid}.unfinished`;
    const onProgress = (made: number) => progress(Math.min(99, (made / seconds) * 100));
    await makeRecording({ ...options, path: unfinished, ffmpeg, onProgress });
    await rename(unfinished, path);
    progress(100);
  }
  return { key, startMs, endMs: startMs + seconds * 1000 };
}
