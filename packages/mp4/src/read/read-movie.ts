import { CorruptSourceError, namingSource, UnsupportedStructureError } from "../errors.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { locateMovie, windowOn } from "./locate-movie.ts";
import type { Movie } from "./movie.ts";
import { parseMovie } from "./parse-movie.ts";
import { sampleBudget } from "./sample-table.ts";

/**
 * Reads the structure of an MP4: every track's descriptions and sample table, fragments included. No sample data is read.
 *
 * @throws CorruptSourceError when it is not a valid MP4, or one that this reader does not take apart.
 */
export async function readMovie(source: ByteSource, name = "MP4 file", signal?: AbortSignal): Promise<Movie> {
  return namingSource(name, async () => {
    const window = windowOn(source, signal);
    const budget = sampleBudget();
    try {
      const located = await locateMovie(source, name, window);
      const movie = parseMovie(located.moov, budget);
      if (!movie.fragmented) return movie;
      const { readAllFragments } = await import("../fragments/read-all-fragments.ts");
      return await readAllFragments(source, window, located, movie, budget);
    } catch (error) {
      if (error instanceof UnsupportedStructureError)
        throw new CorruptSourceError(name, error.message, { cause: error });
      throw error;
    }
  });
}
