export const RECORDING_SECONDS = 20;
const CLIP_MS = 5_000;
export const CAMERA = "load";

export const clipIdOf = (index: number): string => `load-${index}`;

/** The body of one of many requests: clips that start at every second of two recordings, across the join too. */
export function requestBody(index: number, startMs: number): string {
  const seconds = index % (2 * RECORDING_SECONDS - CLIP_MS / 1000);
  const start = startMs + seconds * 1000;
  return JSON.stringify({
    clipId: clipIdOf(index),
    cameraId: CAMERA,
    startTimestampInMs: start,
    endTimestampInMs: start + CLIP_MS,
    retryTimestamps: [],
  });
}

/** Footage an hour old: nothing of it is still to come. */
export function footageStart(): number {
  return Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
}
