import { RATE } from "./decode-audio.ts";

/** In step means: within this. */
const IN_STEP_SECONDS = 0.01;
/** How far off audio is looked for. */
export const LOOK_AROUND_SECONDS = 0.1;

/** Levels of 16 bits: below the first there is nothing to compare, and a clip this much quieter has lost its audio. */
const AUDIBLE = 150;
const LOST = 0.1;

/** Encoding leaves far more than this in common, in the low part of audio that is compared. */
const UNLIKE = 0.3;

/** By how much a place out of step must fit better than all that are in step. Tones fit everywhere. */
const CLEARLY_BETTER = 0.15;

/**
 * Compares a stretch of a clip's audio with the source's around the same instant.
 * @param source starts LOOK_AROUND_SECONDS before `clip`, and ends as much after it
 * @param jitterSeconds how far the source's own times are off, now so, now so
 * @returns what is wrong; undefined when it is in step
 */
export function audioProblem(clip: Int16Array, source: Int16Array, jitterSeconds = 0): string | undefined {
  const around = Math.round(LOOK_AROUND_SECONDS * RATE);
  const inStep = Math.floor((IN_STEP_SECONDS + jitterSeconds) * RATE);
  const sourceAt = (lag: number) => source.subarray(around + lag, around + lag + clip.length);
  // What begins or ends at the edge of the stretch need not be in the clip's, in step all the same.
  const loud = Math.min(...[-inStep, 0, inStep].map((lag) => level(sourceAt(lag))));
  if (loud < AUDIBLE) return undefined;
  if (level(clip) < LOST * loud) return "is silent, and its recording is not";
  const fitAt = (lag: number) => correlation(clip, sourceAt(lag));
  let near = -1;
  for (const lag of outwards(0, inStep)) {
    near = Math.max(near, fitAt(lag));
    // Nothing fits better than 1: no other place can be clearly better.
    if (near >= 1 - CLEARLY_BETTER) return undefined;
  }
  let [far, farLag] = [-1, 0];
  for (const lag of outwards(inStep + 1, around)) {
    const fit = fitAt(lag);
    if (fit > far) [far, farLag] = [fit, lag];
  }
  if (Math.max(near, far) < UNLIKE) return "is not its recording's";
  if (far - near <= CLEARLY_BETTER) return undefined;
  return `is ${Math.round((Math.abs(farLag) / RATE) * 1000)} ms ${farLag > 0 ? "early" : "late"}`;
}

/** 0, 1, -1, 2, -2 and so on. */
function* outwards(first: number, last: number): Generator<number> {
  for (let lag = first; lag <= last; lag++) yield* lag === 0 ? [0] : [lag, -lag];
}

function level(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length));
}

function correlation(some: Int16Array, others: Int16Array): number {
  let product = 0;
  let a = 0;
  let b = 0;
  for (let i = 0; i < some.length; i++) {
    const x = some[i] ?? 0;
    const y = others[i] ?? 0;
    product += x * y;
    a += x * x;
    b += y * y;
  }
  return a > 0 && b > 0 ? product / Math.sqrt(a * b) : 0;
}
