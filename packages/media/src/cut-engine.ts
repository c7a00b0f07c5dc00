import { mkdtempDisposable } from "node:fs/promises";
import { join } from "node:path";
import type { NotCut } from "./cut/prepare-cut.ts";
import { renderCut } from "./cut/render-cut.ts";
import { ffmpegVersion } from "./ffmpeg/find/check-ffmpeg.ts";
import type { EngineSettings } from "./ffmpeg/settings.ts";
import type { ClockLabel, CutEngine, RenderJob, RenderOptions, RenderReport } from "./media-engine.ts";
import { aboutGiven, withWholeFrames } from "./whole-frames.ts";

/**
 * What cuts clips, without what makes pictures of them: a function that does no more starts sooner. What most clips do not
 * need is loaded when one does.
 */
export function createCutEngine(settings: EngineSettings): CutEngine {
  return {
    version: () => ffmpegVersion(settings.ffmpeg),
    async renderClip(job, options) {
      await using folder = await mkdtempDisposable(join(options.scratch, "render-"));
      const own = { ...options, scratch: folder.path };
      const report = await renderFrames(job, settings, own);
      if (!job.clock || report.clockBurned) return report;
      const { addClockTrack } = await import("./clock/add-clock-track.ts");
      return await addClockTrack(job, job.clock, report, own);
    },
    async unwrap(input, output, options) {
      const { unwrap } = await import("./unwrap.ts");
      return unwrap(input, output, settings, options);
    },
  };
}

async function renderFrames(job: RenderJob, settings: EngineSettings, options: RenderOptions): Promise<RenderReport> {
  const sources = await withWholeFrames(job.sources, options.scratch, options.signal);
  try {
    return await renderClip({ ...job, sources }, settings, options);
  } catch (error) {
    throw aboutGiven(error, job.sources, sources);
  }
}

/** Copied frames are not decoded, and would be published as they are. */
async function cutOf(job: RenderJob, settings: EngineSettings, options: RenderOptions): Promise<RenderReport | NotCut> {
  if (job.sources.some(({ lacksPackets }) => lacksPackets))
    return { notCut: "packets of a recording were lost, and with them parts of frames" };
  return renderCut(job, settings, options);
}

async function renderClip(job: RenderJob, settings: EngineSettings, options: RenderOptions): Promise<RenderReport> {
  if (job.clock?.way === "burned") return renderBurned(job, job.clock, settings, options);
  const cut = job.precision === "exact" ? undefined : await cutOf(job, settings, options);
  if (cut !== undefined && !("notCut" in cut)) return cut;
  const { prepareJob, renderExact } = await import("./exact/render-exact.ts");
  const { ffmpeg, timeLimitMs } = settings;
  const prepared = await prepareJob(job, { ffmpeg, timeLimitMs, signal: options.signal });
  const why = cut === undefined ? ", as asked" : `: ${cut.notCut}`;
  return renderExact(prepared, settings, options, `all frames were re-encoded${why}`);
}

/** Where the pictures are too small for a clock, it is told as text. */
async function renderBurned(
  job: RenderJob,
  label: ClockLabel,
  settings: EngineSettings,
  options: RenderOptions,
): Promise<RenderReport> {
  const [{ clockLayout }, { pictureOf, prepareJob, renderExact }] = await Promise.all([
    import("./clock/burned/layout.ts"),
    import("./exact/render-exact.ts"),
  ]);
  const { ffmpeg, timeLimitMs } = settings;
  const prepared = await prepareJob(job, { ffmpeg, timeLimitMs, signal: options.signal });
  const picture = pictureOf(prepared);
  const clock = clockLayout(label, picture);
  if (clock) {
    const why = "all frames were re-encoded: the clock is drawn into them";
    return { ...(await renderExact({ ...prepared, clock }, settings, options, why)), clockBurned: true };
  }
  const report = await renderClip({ ...job, clock: { ...label, way: "track" } }, settings, options);
  const size = `${picture.width}x${picture.height}`;
  return {
    ...report,
    why: `${report.why}; pictures of ${size} are too small for a clock, which is told as text instead`,
  };
}
