import type { ByteSource } from "../io/byte-source.ts";
import type { LocatedMovie, Window } from "../read/locate-movie.ts";
import type { Movie } from "../read/movie.ts";
import { readFragmentDefaults } from "../read/parse-movie.ts";
import type { SampleBudget } from "../read/sample-table.ts";
import { FragmentSamples } from "./fragments.ts";
import { walkFragments } from "./walk-fragments.ts";

/** A movie with the samples of its fragments behind those of its own table. */
export async function readAllFragments(
  source: ByteSource,
  window: Window,
  located: LocatedMovie,
  movie: Movie,
  budget: SampleBudget,
): Promise<Movie> {
  const fragments = new FragmentSamples(movie.tracks, readFragmentDefaults(located.moov), budget);
  for (const track of movie.tracks) fragments.addTable(track);
  for await (const { moof, start } of walkFragments(source, window, located.end)) fragments.add(moof, start);
  return { ...movie, tracks: movie.tracks.map((track) => fragments.trackOf(track, budget)) };
}
