import { FRAME_TOLERANCE_SECONDS } from "@camclips/mp4";
import { VerificationError } from "../errors.ts";
import type { RenderSource } from "../media-engine.ts";

export const FRAME_TOLERANCE_MS = FRAME_TOLERANCE_SECONDS * 1000;

/** Frames that start so near to a part's edge may be counted on either side of it: instants are sums of fractions. */
const EDGE_MS = 0.001;

/** Times of a slice are the recording's, moved: what differs by more is another frame's. */
const SAME_FRAME_MS = 0.5;

/**
 * Slices hold what the recording's index lists: counted while they are made, and again here in what was staged. A frame
 * that was lost on the way is none that the camera lost, and does not show in the clip's coverage.
 * @param times of the staged file's frames, seconds
 * @throws VerificationError when it has more or fewer frames in its part than the recording.
 */
export function requireFrames({ zeroMs, fromMs, toMs, frames }: RenderSource, times: readonly number[]): void {
  if (frames === undefined) return;
  const startsMs = times.map((seconds) => zeroMs + seconds * 1000 + FRAME_TOLERANCE_MS);
  const [most = 0, least = 0] = [EDGE_MS, -EDGE_MS].map(
    (slackMs) => startsMs.filter((ms) => ms >= fromMs - slackMs && ms < toMs + slackMs).length,
  );
  if (frames < least || frames > most)
    throw new VerificationError(`a recording has ${frames} frames in the clip's range, and ${most} were staged`);
}

/** @throws VerificationError when the frame that stands where a part begins is not the one of the recording that does. */
export function requireStanding({ previousFrameMs }: RenderSource, standingMs: number): void {
  if (previousFrameMs === undefined || Math.abs(previousFrameMs - standingMs) <= SAME_FRAME_MS) return;
  throw new VerificationError("the frame that stands where the clip's range begins was not staged");
}
