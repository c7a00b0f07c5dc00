import { type OutsideMediaError, type RecordingTimeline, ROUNDING_SECONDS, type Slice } from "@camclips/mp4";

/** Muxers move all tracks alike, by a whole unit of one of them or a millisecond. */
const WRITTEN_SECONDS = 0.001;

/** What slicing tells about a recording's own timeline, seconds. */
export type Timeline = Pick<Slice | OutsideMediaError | RecordingTimeline, "starts" | "media">;

/**
 * The instant on a recording's own timeline that its name stands for, seconds. Normally 0: video that begins a little later
 * really does. Where everything begins farther from 0 than names and clocks are off, the times are the recorder's clock,
 * and the name stands for the first frame (docs/decisions/0009-timelines-that-do-not-start-at-0.md).
 *
 * @param claimedSeconds how long the recording is by its name and its list
 */
export function timelineOrigin(
  { starts, media }: Timeline,
  { claimedSeconds, toleranceSeconds }: { claimedSeconds: number; toleranceSeconds: number },
): number {
  if (!starts) return 0;
  const { firstSeconds, videoSeconds, decodedSeconds } = starts;
  // Clocks of their own: the audio's says nothing about the frames.
  if (videoSeconds - firstSeconds >= claimedSeconds) return videoSeconds;
  // Decoded at 0, and everything later: its writer made room for reordering, and said so in no edit list.
  const isReordered = decodedSeconds !== undefined && Math.abs(decodedSeconds) <= WRITTEN_SECONDS;
  if (isReordered && firstSeconds > 0 && videoSeconds <= toleranceSeconds) return videoSeconds;
  // Of a stream cut into short segments, also the times of the first ones are the recorder's clock: they begin where the name's end.
  const isInside = !(firstSeconds > 0 && firstSeconds >= claimedSeconds - ROUNDING_SECONDS);
  if (isInside && Math.abs(firstSeconds) <= toleranceSeconds) return 0;
  if (media && startsLate(media, claimedSeconds, toleranceSeconds)) return 0;
  return videoSeconds - firstSeconds <= toleranceSeconds ? videoSeconds : firstSeconds;
}

/** Video that begins within what the recording claims, and ends where the claim ends: its beginning is missing. */
function startsLate(media: NonNullable<Timeline["media"]>, claimedSeconds: number, toleranceSeconds: number): boolean {
  const { startSeconds, endSeconds } = media;
  const offFromZero = Math.abs(endSeconds - claimedSeconds);
  const offFromStart = Math.abs(endSeconds - startSeconds - claimedSeconds);
  return startSeconds < claimedSeconds && offFromZero <= toleranceSeconds && offFromZero < offFromStart;
}
