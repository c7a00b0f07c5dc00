import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMediaEngine } from "@camclips/media/engine";
import {
  type Camera,
  type DecodedFrame,
  type RecordedFrame,
  type Recording,
  readFrameCodes,
} from "@camclips/media/synthetic";
import type { RenderJob, RenderReport, RenderSource } from "../../../media/src/media-engine.ts";
import { testFfmpeg } from "../ffmpeg.ts";
import { sha256 } from "../sha256.ts";

/** A folder of one test file, and the recordings in it: made once, removed at the end. */
export class Workshop {
  readonly folder: Promise<string> = mkdtemp(join(tmpdir(), "camclips-engine-"));
  readonly engine = createMediaEngine({ ffmpeg: testFfmpeg, threads: 2, timeLimitMs: 60_000 });
  readonly #cameras = new Map<string, Promise<Camera>>();
  #clips = 0;

  camera(name: string, make: (folder: string) => Promise<Camera>): Promise<Camera> {
    const known = this.#cameras.get(name) ?? this.folder.then((folder) => make(join(folder, name)));
    this.#cameras.set(name, known);
    return known;
  }

  async render(
    job: Omit<RenderJob, "output">,
  ): Promise<{ report: RenderReport; frames: DecodedFrame[]; path: string }> {
    const scratch = await mkdtemp(join(await this.folder, "scratch-"));
    const output = join(await this.folder, `clip-${this.#clips++}.mp4`);
    const report = await this.engine.renderClip({ ...job, output }, { scratch });
    if (report.sha256 !== undefined && report.sha256 !== sha256(await readFile(output)))
      throw new Error("the engine told another SHA-256 than the clip has");
    return { report, frames: await readFrameCodes(output), path: output };
  }

  async clear(): Promise<void> {
    await rm(await this.folder, { recursive: true, force: true });
  }
}

/** A job that takes from every recording what it holds of the clip. */
export function jobOf(
  recordings: readonly Recording[],
  startMs: number,
  endMs: number,
  options: Partial<RenderJob> = {},
): Omit<RenderJob, "output"> {
  const sources = recordings
    .map((recording): RenderSource => {
      const fromMs = Math.max(startMs, recording.startMs);
      return { path: recording.path, zeroMs: recording.startMs, fromMs, toMs: Math.min(endMs, recording.endMs) };
    })
    .filter(({ fromMs, toMs }) => fromMs < toMs);
  return { sources, startMs, endMs, gapPolicy: "SKIP_GAPS", joinToleranceMs: 1000, precision: "exact", ...options };
}

/** The codes of the frames that belong to a clip: `start - 0.5 ms <= t < end - 0.5 ms`. */
export function codesBetween(frames: readonly RecordedFrame[], startMs: number, endMs: number): number[] {
  return frames.filter(({ wallMs }) => wallMs >= startMs - 0.5 && wallMs < endMs - 0.5).map(({ code }) => code);
}

export function codesOf(frames: readonly DecodedFrame[]): (number | null)[] {
  return frames.map(({ code }) => code);
}
