import type { Peer, Work } from "../work.ts";
import { concat } from "./concat.ts";
import { losslessCut } from "./lossless-cut.ts";
import { mediabunny } from "./mediabunny.ts";
import { smartcut, whyNoSmartcut } from "./smartcut.ts";

/**
 * How others cut without encoding everything, on the same recordings. All take whole files from the disk; none reads its clip
 * back or makes thumbnails: "of it render" is what to compare.
 */
export const peers: Record<Peer, (work: Work, paths: readonly string[]) => Promise<string>> = {
  concat,
  losslesscut: losslessCut,
  mediabunny,
  smartcut,
};

/** What to do before a peer can be measured; undefined when it is there. */
export async function whyNotMeasured(peer: Peer): Promise<string | undefined> {
  return peer === "smartcut" ? whyNoSmartcut() : undefined;
}
