/** What is asked for: clips of two recordings that follow each other. */
export interface Wanted {
  recordingSeconds: number;
  clipSeconds: number;
}

export const short: Wanted = { recordingSeconds: 20, clipSeconds: 5 };
export const minutes: Wanted = { recordingSeconds: 60, clipSeconds: 60 };

export const CAMERA = "load";

export const clipIdOf = (index: number): string => `load-${index}`;

/** The body of one of many requests: clips that start at every second of the recordings, across the join too. */
export function requestBody(index: number, startMs: number, { recordingSeconds, clipSeconds }: Wanted): string {
  const seconds = index % (2 * recordingSeconds - clipSeconds);
  const start = startMs + seconds * 1000;
  return JSON.stringify({
    clipId: clipIdOf(index),
    cameraId: CAMERA,
    startTimestampInMs: start,
    endTimestampInMs: start + clipSeconds * 1000,
    retryTimestamps: [],
  });
}

/** Footage an hour old: nothing of it is still to come. */
export function footageStart(): number {
  return Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
}
