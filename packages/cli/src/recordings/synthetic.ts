import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Footage } from "@camclips/core";
import { makeRecording, type RecordingOptions, recordingName } from "@camclips/media/synthetic";

export interface SyntheticRecording extends Omit<RecordingOptions, "path" | "ffmpeg"> {
  alias: string;
}

/** Makes a recording of a synthetic camera, unless the folder has it; a cut-off one is never taken for one. */
export async function makeRecordingOnce(
  folder: string,
  { alias, ...options }: SyntheticRecording,
  ffmpeg: string,
  onMake: (key: string) => void = () => {},
): Promise<Footage> {
  const { startMs, seconds } = options;
  const key = recordingName(alias, startMs);
  const path = join(folder, key);
  if (!(await stat(path).catch(() => undefined))) {
    onMake(key);
    await mkdir(folder, { recursive: true });
    const unfinished = `${path}.${process.pid}.unfinished`;
    await makeRecording({ ...options, path: unfinished, ffmpeg });
    await rename(unfinished, path);
  }
  return { key, startMs, endMs: startMs + seconds * 1000 };
}
