import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { makeRecording, type RecordedFrame, type Recording } from "./recording.ts";
import type { RecordingOptions } from "./recording-options.ts";

export interface CameraOptions extends Omit<RecordingOptions, "path" | "firstCode" | "epochMs"> {
  /** Made when it does not exist. */
  folder: string;
  alias: string;
  /** How many recordings, back to back. */
  recordings: number;
  /** Options that differ for one recording, by its place. */
  each?: (index: number) => Partial<RecordingOptions>;
}

export interface Camera {
  alias: string;
  /** In time order. */
  recordings: Recording[];
  /** Of all recordings, in time order; codes count on from one recording to the next. */
  frames: RecordedFrame[];
  /** What the audio's seconds are counted from, epoch ms. */
  epochMs: number;
}

/**
 * Makes back-to-back recordings of one camera, named `alias.stream.20181031T025200051.mp4`. Recordings hold whole
 * frames, so with a rate such as 30000/1001 the next one starts at the nearest millisecond after the last frame.
 */
export async function makeCamera(options: CameraOptions): Promise<Camera> {
  await mkdir(options.folder, { recursive: true });
  const made: Recording[] = [];
  let firstCode = 0;
  for (let index = 0; index < options.recordings; index++) {
    const startMs = Math.round(made.at(-1)?.endMs ?? options.startMs);
    const own = { ...options, startMs, firstCode, epochMs: options.startMs, ...options.each?.(index) };
    const path = join(options.folder, recordingName(options.alias, own.startMs));
    const recording = await makeRecording({ ...own, path });
    made.push(recording);
    firstCode = (recording.frames.at(-1)?.code ?? firstCode) + 1;
  }
  return {
    alias: options.alias,
    recordings: made,
    frames: made.flatMap(({ frames }) => frames),
    epochMs: options.startMs,
  };
}

/** The name of a recording in the new format (contract, section 3): `alias.stream.20181031T025200051.mp4`. */
export function recordingName(alias: string, startMs: number): string {
  return `${alias}.stream.${new Date(startMs).toISOString().replace(/[-:.Z]/g, "")}.mp4`;
}
