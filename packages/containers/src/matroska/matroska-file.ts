import type { FrameFile, Unit } from "../frames.ts";
import type { Pieces } from "../pieces.ts";
import { withoutStrays } from "../strays.ts";
import { blocks } from "./blocks.ts";
import { nextCluster, readCues } from "./clusters.ts";
import { type MatroskaHead, readHead } from "./head.ts";

/** @throws NotTakenApartError when this folder does not understand it */
export async function openMatroska(pieces: Pieces): Promise<FrameFile> {
  const head = await readHead(pieces);
  const needsSets = await bringsSets(pieces, head);
  async function* entered(at: number): AsyncGenerator<Unit> {
    for await (const { hasSets, entry, ...unit } of blocks(pieces, Math.max(at, head.firstCluster), head))
      yield !entry || (needsSets && !hasSets) ? unit : { ...unit, entry };
  }
  return {
    size: pieces.size,
    hasAudio: head.audio !== undefined,
    units: (at) => withoutStrays(entered(at)),
    next: (position) => nextCluster(pieces, position, head),
    index: () => readCues(pieces, head),
    prefix: head.prefix,
    zeroSeconds: 0,
    part: (chunks) => chunks,
  };
}

/** Where the first keyframe brings its parameter sets, they may change: then no other can be entered without its own. */
async function bringsSets(pieces: Pieces, head: MatroskaHead): Promise<boolean> {
  for await (const { entry, hasSets = false } of blocks(pieces, head.firstCluster, head)) if (entry) return hasSets;
  return false;
}
