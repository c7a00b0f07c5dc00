import { open } from "node:fs/promises";
import type { MuxedMovie } from "./write-movie.ts";

/**
 * Writes a movie into a new file, or over an old one.
 * @param onBlock gets what is written, in the file's order: to hash it, for example.
 */
export async function writeMovieFile(
  path: string,
  movie: MuxedMovie,
  signal?: AbortSignal,
  onBlock?: (pieces: readonly Uint8Array[]) => void,
): Promise<void> {
  await using file = await open(path, "w");
  for await (const block of movie.blocks(signal)) {
    onBlock?.(block);
    const { bytesWritten } = await file.writev(block);
    const bytes = block.reduce((sum, { length }) => sum + length, 0);
    // The system may take less than it is given; writing the rest then says why.
    if (bytesWritten < bytes) await file.writeFile(Buffer.concat(block).subarray(bytesWritten));
  }
}
