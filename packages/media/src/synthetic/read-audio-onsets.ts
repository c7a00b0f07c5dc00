import { findFfmpeg } from "../ffmpeg/find/find-ffmpeg.ts";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { BURST_SECONDS, PITCHES, pitchHz, SAMPLE_RATE } from "./audio-pattern.ts";

export interface AudioOnset {
  /** Presentation time in the file at which the burst begins, to about a millisecond. */
  seconds: number;
  /** Which second since the camera's epoch the burst marks, modulo 8. */
  second: number;
}

const WINDOW = SAMPLE_RATE / 1000;
const LOUD = 0.1;

/** Decodes the audio of a clip and finds the bursts that mark the seconds. A burst that is cut off at its start is left out. */
export async function readAudioOnsets(path: string, program?: string): Promise<AudioOnset[]> {
  const chunks: Uint8Array[] = [];
  const place = "aresample=async=1:first_pts=0:min_hard_comp=0.001";
  await runFfmpeg({
    ffmpeg: program ?? (await findFfmpeg(process.env)),
    args: [
      ...["-v", "error", "-copyts", "-i", path, "-map", "0:a:0", "-af", place],
      ...["-ac", "1", "-ar", String(SAMPLE_RATE), "-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"],
    ],
    onOutput: (chunk) => {
      chunks.push(chunk);
    },
  });
  const bytes = Buffer.concat(chunks);
  const samples = Float32Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(i * 2) / 32768);
  return findBursts(samples);
}

function findBursts(samples: Float32Array): AudioOnset[] {
  const onsets: AudioOnset[] = [];
  const burstWindows = Math.round((BURST_SECONDS * SAMPLE_RATE) / WINDOW);
  for (let window = 1; window * WINDOW < samples.length; window++) {
    if (!isLoud(samples, window) || isLoud(samples, window - 1)) continue;
    const start = firstLoud(samples, window * WINDOW);
    const burst = samples.subarray(start + 10 * WINDOW, start + (burstWindows - 10) * WINDOW);
    onsets.push({ seconds: start / SAMPLE_RATE, second: pitchOf(burst) });
    window += 2 * burstWindows;
  }
  return onsets;
}

function isLoud(samples: Float32Array, window: number): boolean {
  let peak = 0;
  for (let i = window * WINDOW; i < (window + 1) * WINDOW; i++) peak = Math.max(peak, Math.abs(samples[i] ?? 0));
  return peak > LOUD;
}

function firstLoud(samples: Float32Array, from: number): number {
  let index = from;
  while (index < samples.length && Math.abs(samples[index] ?? 0) <= LOUD) index++;
  return index;
}

/** The pitch with the most energy (Goertzel). */
function pitchOf(samples: Float32Array): number {
  let best = 0;
  let most = -1;
  for (let second = 0; second < PITCHES; second++) {
    const energy = energyAt(samples, pitchHz(second));
    if (energy > most) {
      best = second;
      most = energy;
    }
  }
  return best;
}

function energyAt(samples: Float32Array, hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE);
  let previous = 0;
  let beforeThat = 0;
  for (const sample of samples) {
    const value = sample + coefficient * previous - beforeThat;
    beforeThat = previous;
    previous = value;
  }
  return previous ** 2 + beforeThat ** 2 - coefficient * previous * beforeThat;
}
