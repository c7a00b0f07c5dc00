import type { ClipPiece, ReadRange } from "@camclips/events";
import type { ByteSource } from "@camclips/mp4";
import { digestOf } from "./digest.ts";

/** Pieces in a row that are not what was signed. */
export interface Stretch<Piece extends ReadRange = ClipPiece> {
  start: number;
  end: number;
  pieces: Piece[];
}

/** The pieces of a file whose bytes are others, or gone; those that touch are told as one. */
export async function alteredPieces<Piece extends ReadRange>(
  file: ByteSource,
  pieces: readonly Piece[],
  signal?: AbortSignal,
): Promise<Stretch<Piece>[]> {
  const stretches: Stretch<Piece>[] = [];
  for (const piece of pieces) {
    const { start, end, sha256 } = piece;
    const isSame = end <= file.size && digestOf(await file.read(start, end, signal)) === sha256;
    if (isSame) continue;
    const last = stretches.at(-1);
    if (last && start <= last.end) {
      last.end = Math.max(last.end, end);
      last.pieces.push(piece);
    } else stretches.push({ start, end, pieces: [piece] });
  }
  return stretches;
}
