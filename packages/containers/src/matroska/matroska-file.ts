import type { FrameFile } from "../frames.ts";
import type { Pieces } from "../pieces.ts";
import { blocks } from "./blocks.ts";
import { nextCluster, readCues } from "./clusters.ts";
import { readHead } from "./head.ts";

/** @throws NotTakenApartError when this folder does not understand it */
export async function openMatroska(pieces: Pieces): Promise<FrameFile> {
  const head = await readHead(pieces);
  return {
    size: pieces.size,
    hasAudio: head.audio !== undefined,
    units: (at) => blocks(pieces, Math.max(at, head.firstCluster), head),
    next: (position) => nextCluster(pieces, position, head),
    index: () => readCues(pieces, head),
    prefix: head.prefix,
    zeroSeconds: 0,
  };
}
