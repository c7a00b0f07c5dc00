import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createMediaEngine } from "@camclips/media/engine";
import { sliceRecording } from "@camclips/mp4";
import { muxClip, openSources } from "../../packages/media/src/cut/mux-clip.ts";
import { copiedAudio } from "../../packages/media/src/cut/place-audio.ts";
import { prepareCut } from "../../packages/media/src/cut/prepare-cut.ts";
import type { RenderJob, RenderReport, RenderSource } from "../../packages/media/src/media-engine.ts";
import { httpSource } from "./http-source.ts";
import { THUMBNAIL_PART, THUMBNAIL_WIDTHS, type Work } from "./work.ts";

/** As the stage download-sources does it, without the storage between. */
export function fetchOurs(work: Work): Promise<RenderSource[]> {
  return Promise.all(
    work.recordings.map(async ({ url, startMs, endMs }, index) => {
      const fromMs = Math.max(work.startMs, startMs);
      const toMs = Math.min(work.endMs, endMs);
      const range = { fromSeconds: (fromMs - startMs) / 1000, toSeconds: (toMs - startMs) / 1000 };
      const slice = await sliceRecording(await httpSource(url), url, range);
      const path = join(work.folder, `slice-${index}.mp4`);
      await pipeline(slice.chunks(), createWriteStream(path));
      return { path, zeroMs: startMs + slice.zeroSeconds * 1000, fromMs, toMs };
    }),
  );
}

export function renderOurs(work: Work, sources: RenderSource[]): Promise<RenderReport> {
  return engine(work).renderClip(jobOf(work, sources), { scratch: work.folder });
}

/** What the engine does for a fast clip before it reads the result back. */
export async function cutFast(work: Work, sources: RenderSource[]): Promise<void> {
  await using opened = await openSources(sources.map(({ path }) => path));
  const prepared = await prepareCut(jobOf(work, sources), opened.sources);
  if ("notCut" in prepared) throw new Error(prepared.notCut);
  const output = { path: clipPath(work), startMs: work.startMs };
  const audio = copiedAudio(prepared.plan, opened.sources);
  if (audio && "why" in audio) throw new Error(`audio cannot be copied: ${audio.why}`);
  await muxClip(prepared.plan, opened.sources, { encoded: [], audio }, output);
}

function jobOf(work: Work, sources: RenderSource[]): RenderJob {
  const { startMs, endMs, way } = work;
  const precision = way === "smart" || way === "fast" ? way : "exact";
  const rules = { gapPolicy: "SKIP_GAPS", joinToleranceMs: 1000 } as const;
  return { sources, startMs, endMs, ...rules, precision, output: clipPath(work) };
}

export async function thumbnailsOurs(work: Work): Promise<void> {
  const outputs = [...THUMBNAIL_WIDTHS, null].map((width, index) => {
    return { path: join(work.folder, `thumbnail-${index}.jpg`), width };
  });
  const atSeconds = ((work.endMs - work.startMs) / 1000) * THUMBNAIL_PART;
  await engine(work).renderThumbnails({ clip: clipPath(work), atSeconds, outputs }, { scratch: work.folder });
}

export function clipPath({ folder }: Work): string {
  return join(folder, "clip.mp4");
}

function engine({ ffmpeg, threads }: Work) {
  return createMediaEngine({ ffmpeg, threads, timeLimitMs: 3_600_000 });
}
