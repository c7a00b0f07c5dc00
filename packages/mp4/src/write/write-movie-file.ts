import { open } from "node:fs/promises";
import type { MuxedMovie } from "./write-movie.ts";

/** Writes a movie into a new file, or over an old one. */
export async function writeMovieFile(path: string, movie: MuxedMovie, signal?: AbortSignal): Promise<void> {
  await using file = await open(path, "w");
  for await (const block of movie.blocks(signal)) {
    const { bytesWritten } = await file.writev(block);
    const bytes = block.reduce((sum, { length }) => sum + length, 0);
    // The system may take less than it is given; writing the rest then says why.
    if (bytesWritten < bytes) await file.writeFile(Buffer.concat(block).subarray(bytesWritten));
  }
}
