import { ROUNDING_SECONDS } from "@camclips/mp4";
import type { Timeline } from "./timeline.ts";

/** Where the clip's timeline and the wall clock meet; until the next one, both run alike. */
export interface ClockAnchor {
  seconds: number;
  wallMs: number;
}

/** One for what comes before the first piece, and one for each piece. */
export function clockAnchors({ pieces, expected }: Pick<Timeline, "pieces" | "expected">): ClockAnchor[] {
  const starts = new Set([0, ...pieces.map(({ outSeconds }) => outSeconds)]);
  return [...starts].flatMap((seconds) => {
    const frame = expected.find((each) => each.seconds >= seconds - ROUNDING_SECONDS);
    return frame ? [{ seconds, wallMs: frame.wallMs - (frame.seconds - seconds) * 1000 }] : [];
  });
}
