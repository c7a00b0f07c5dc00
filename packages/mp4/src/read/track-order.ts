import { type Box, readFullBox, requireBody } from "./boxes.ts";
import type { Track } from "./movie.ts";

/** Of tkhd's flags: the track is shown (ISO/IEC 14496-12, 8.3.2). */
const ENABLED = 1;

/**
 * The recording proper before what lies beside it: whoever needs the picture or the audio takes the first track of its kind. Last
 * come tracks that are switched off (proxies, other languages), and pictures that do not move (covers).
 */
export function inOrderOfUse(tracks: readonly { trak: Box; track: Track }[]): Track[] {
  const rank = ({ trak, track }: (typeof tracks)[number]) => {
    const { flags } = readFullBox("tkhd", requireBody(trak.body, "tkhd"));
    return ((flags & ENABLED) === 0 ? 2 : 0) + (track.handler === "vide" && track.samples.count === 1 ? 1 : 0);
  };
  return tracks.toSorted((a, b) => rank(a) - rank(b)).map(({ track }) => track);
}
