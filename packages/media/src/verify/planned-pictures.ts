import { ROUNDING_SECONDS } from "@camclips/mp4";
import type { CutPlan } from "../cut/cut-plan.ts";
import type { Piece, Timeline } from "../timeline/timeline.ts";
import type { PlannedPicture } from "./compare-pictures.ts";
import { listOf } from "./looks.ts";

/** What the frames of a clip have to show that is encoded as a whole. Black frames have nothing to be compared with. */
export function plannedPictures({ pieces, expected }: Timeline): PlannedPicture[] {
  const planned: PlannedPicture[] = [];
  let index = -1;
  /** The last frame of the piece that comes out whole: it is held. */
  let heldSeconds: number | undefined;
  for (const { seconds, source } of expected) {
    while (startsBy(pieces[index + 1], seconds)) {
      index++;
      heldSeconds = undefined;
    }
    const piece = pieces[index];
    if (!piece || (source === undefined && piece.fill.kind === "black")) continue;
    const frame = { seconds, list: listOf(index) };
    if (source !== undefined && !isLost(piece, seconds)) heldSeconds = seconds;
    planned.push({ ...frame, ...(source === undefined && { heldSeconds: heldSeconds ?? piece.outSeconds }) });
  }
  return planned;
}

function isLost({ outSeconds, cuts, lost = [] }: Piece, seconds: number): boolean {
  const own = seconds - outSeconds + cuts.firstSeconds;
  return lost.some(({ inSeconds, outSeconds }) => own >= inSeconds && own <= outSeconds);
}

function startsBy(piece: Piece | undefined, seconds: number): boolean {
  return piece !== undefined && piece.outSeconds <= seconds + ROUNDING_SECONDS;
}

/** What the frames of a plan have to show that are encoded, or follow a picture that is. */
export function encodedPictures({ segments }: CutPlan): PlannedPicture[] {
  const encoded = segments.filter((segment) => segment.kind === "encode");
  return encoded.flatMap(({ frameSeconds, offsetSeconds, chain }, index) => {
    return [...frameSeconds, ...(chain?.lookedSeconds ?? [])].map((seconds) => ({
      ...(chain && { isLossless: true }),
      seconds: seconds + offsetSeconds,
      list: listOf(index),
    }));
  });
}
