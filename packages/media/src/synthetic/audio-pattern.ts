/**
 * The audio of a test recording: at every whole second since the camera's epoch a burst of a tone. Its pitch says which
 * second it is, modulo 8.
 */
export const SAMPLE_RATE = 48_000;
export const BURST_SECONDS = 0.06;
export const PITCHES = 8;
const LOWEST_HZ = 600;
const STEP_HZ = 200;

export function pitchHz(second: number): number {
  return LOWEST_HZ + STEP_HZ * (second % PITCHES);
}

/** @returns ffmpeg's expression of the audio; `offset` is where its time 0 lies after the epoch, seconds. */
export function burstExpression(offset: number): string {
  const time = `(t+${offset.toFixed(6)})`;
  const pitch = `(${LOWEST_HZ}+${STEP_HZ}*mod(floor(${time}),${PITCHES}))`;
  return `0.6*lt(mod(${time},1),${BURST_SECONDS})*sin(2*PI*${pitch}*mod(${time},1))`;
}
