import { namingSource, UnsupportedStructureError } from "../errors.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { locateMovie, windowOn } from "../read/locate-movie.ts";
import { parseMovie } from "../read/parse-movie.ts";
import { sampleBudget } from "../read/sample-table.ts";
import { movieTimeline } from "./select-samples.ts";
import type { TimelineStarts } from "./slice.ts";

/** As readTimeline, of a file without fragments, such as ffmpeg writes here: a function that needs no more starts sooner. */
export async function readPlainTimeline(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
): Promise<{ starts: TimelineStarts; media: { startSeconds: number; endSeconds: number } } | undefined> {
  return namingSource(name, async () => {
    try {
      const { moov } = await locateMovie(source, name, windowOn(source, signal));
      const { starts, media } = movieTimeline(parseMovie(moov, sampleBudget()), source, name);
      return { starts, media };
    } catch (error) {
      if (error instanceof UnsupportedStructureError) return undefined;
      throw error;
    }
  });
}
