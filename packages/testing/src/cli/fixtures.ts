import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Camera, type CameraOptions, makeCamera } from "@camclips/media/synthetic";
import { testFfmpeg } from "../ffmpeg.ts";

/** The start of the contract's example recording. */
export const START_MS = Date.UTC(2018, 9, 31, 2, 52, 0, 51);

const SECONDS = 4;

export interface Folder extends AsyncDisposable {
  path: string;
}

export async function temporaryFolder(): Promise<Folder> {
  // Not "camclips-": cold starts of the functions, in other tests, sweep those out of /tmp.
  const path = await mkdtemp(join(tmpdir(), "cli-of-camclips-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Small back-to-back recordings of camera `harbour`, 25 frames a second. */
export const makeHarbour = (
  folder: string,
  recordings: number,
  options: Partial<CameraOptions> = {},
): Promise<Camera> =>
  makeCamera({
    folder,
    alias: "harbour",
    recordings,
    seconds: SECONDS,
    startMs: START_MS,
    gop: 25,
    ffmpeg: testFfmpeg,
    ...options,
  });

/** `2018-10-31T02:52:00.051Z` plus some. */
export const after = (ms: number): string => new Date(START_MS + ms).toISOString();
