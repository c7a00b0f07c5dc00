import { createHash } from "node:crypto";
import { type writeMovie, writeMovieFile } from "@camclips/mp4";

/** Writes a clip, whose bytes need not be read once more to hash them. @returns its SHA-256, in lower-case hex. */
export async function writeHashed(
  path: string,
  movie: ReturnType<typeof writeMovie>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash("sha256");
  await writeMovieFile(path, movie, signal, (pieces) => {
    for (const piece of pieces) hash.update(piece);
  });
  return hash.digest("hex");
}
