import { ROUNDING_SECONDS } from "@camclips/mp4";
import type { CutPlan } from "../cut/cut-plan.ts";
import type { Piece, Timeline } from "../timeline/timeline.ts";
import type { PlannedPicture } from "./compare-pictures.ts";
import { listOf } from "./looks.ts";

/** What the frames of a clip have to show that is encoded as a whole. Black frames have nothing to be compared with. */
export function plannedPictures({ pieces, expected }: Timeline): PlannedPicture[] {
  const planned: PlannedPicture[] = [];
  let index = -1;
  for (const { seconds, source } of expected) {
    while (startsBy(pieces[index + 1], seconds)) index++;
    const piece = pieces[index];
    if (!piece || (source === undefined && piece.fill.kind === "black")) continue;
    const repeats = source === undefined || piece.evenFrames !== undefined;
    // Behind its last frame, a piece shows that one.
    const repeatsSeconds = Math.min(seconds, piece.lastOutSeconds);
    planned.push({ seconds, list: listOf(index), ...(repeats && { repeatsSeconds }) });
  }
  return planned;
}

function startsBy(piece: Piece | undefined, seconds: number): boolean {
  return piece !== undefined && piece.outSeconds <= seconds + ROUNDING_SECONDS;
}

/** What the frames of a plan have to show that are encoded. */
export function encodedPictures({ segments }: CutPlan): PlannedPicture[] {
  const encoded = segments.filter((segment) => segment.kind === "encode");
  return encoded.flatMap(({ frameSeconds, offsetSeconds }, index) => {
    return frameSeconds.map((seconds) => ({ seconds: seconds + offsetSeconds, list: listOf(index) }));
  });
}
