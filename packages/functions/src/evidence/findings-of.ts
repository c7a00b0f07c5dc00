import type { ClipRequest, Coverage, Findings, StagedSource } from "@camclips/events";
import { clipPieces, clockOf, type FrameSource, frameRuns } from "@camclips/evidence";
import type { CutEngine } from "@camclips/media";
import { fileSource, readMovie } from "@camclips/mp4";
import type { UsableSources } from "../sources/open-staged.ts";

interface RenderedFrom extends Pick<UsableSources, "sources"> {
  request: ClipRequest;
  coverage: Coverage;
  /** The finished clip. */
  path: string;
  staged: readonly StagedSource[];
}

/** What is to be signed of a clip that was just rendered, while its sources are still at hand. */
export async function findingsOf(
  { request, coverage, path, staged, sources }: RenderedFrom,
  { media }: { media: Pick<CutEngine, "version"> },
  signal: AbortSignal,
): Promise<Findings> {
  await using stack = new AsyncDisposableStack();
  const open = async (file: string) => {
    const bytes = stack.use(await fileSource(file));
    return { bytes, movie: await readMovie(bytes, file, signal) };
  };
  const clock = clockOf(coverage, request.gapPolicy);
  const clip = await open(path);
  const used: FrameSource[] = [];
  for (const source of sources) used.push({ ...(await open(source.path)), zeroMs: source.zeroMs });
  const frames = (await frameRuns(clip, clock, used, signal)).map((run) =>
    run.source === undefined ? run : { ...run, source: sources[run.source]?.staged },
  );
  return {
    // The setting may have come when a clip was half done: of the recordings read before, nothing is known.
    sources: staged.flatMap(({ read }) => read ?? []),
    pieces: await clipPieces(clip.bytes, clip.movie, signal),
    frames,
    clock,
    ffmpeg: await media.version(),
  };
}
