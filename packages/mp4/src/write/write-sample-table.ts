import type { MuxSample, MuxTrack } from "./mux-track.ts";
import { box, fullBox, runLengths, table, u32, u32Column, u64 } from "./write-boxes.ts";

/** The stbl box of a track whose samples lie at `base + positions[i]` in the file. */
export function sampleTableBox(track: MuxTrack, positions: Float64Array, base: number, large: boolean): Uint8Array {
  if (track.frameBytes) return pcmTableBox(track, track.frameBytes, positions, base, large);
  const { samples } = track;
  const decodeDelta = (i: number) => {
    const [sample, next] = [samples[i], samples[i + 1]];
    return next && sample ? next.dts - sample.dts : (sample?.duration ?? 0);
  };
  const offsets = runLengths(samples.length, (i) => samples[i]?.compositionOffset ?? 0);
  const sync = samples.flatMap((sample, i) => (sample.sync ? [i + 1] : []));
  const { starts, runs } = chunks(track, positions, () => 1);
  return box(
    "stbl",
    fullBox("stsd", 0, 0, u32(track.descriptions.length), ...track.descriptions),
    table("stts", runLengths(samples.length, decodeDelta), 2),
    ...(offsets.some((value, i) => i % 2 === 1 && value !== 0) ? [table("ctts", offsets, 2)] : []),
    ...(sync.length < samples.length ? [table("stss", sync, 1)] : []),
    table("stsc", runs, 3),
    fullBox(
      "stsz",
      0,
      0,
      u32(0, samples.length),
      u32Column(samples.length, (i) => samples[i]?.size ?? 0),
    ),
    chunkOffsets(starts, base, large),
  );
}

/** A sample a frame: a run for each block in stts, one size in stsz. */
function pcmTableBox(
  { samples, descriptions, ...track }: MuxTrack,
  frameBytes: number,
  positions: Float64Array,
  base: number,
  large: boolean,
): Uint8Array {
  const framesOf = (sample: MuxSample) => sample.size / frameBytes;
  const times: number[] = [];
  const addRun = (count: number, delta: number) => {
    if (count === 0) return;
    if (times.length > 0 && times.at(-1) === delta) times[times.length - 2] = (times.at(-2) ?? 0) + count;
    else times.push(count, delta);
  };
  for (const [i, sample] of samples.entries()) {
    const delta = sample.duration / framesOf(sample);
    const end = samples[i + 1]?.dts ?? sample.dts + sample.duration;
    // Where the next block does not follow at once, the last frame stands until it.
    addRun(framesOf(sample) - 1, delta);
    addRun(1, end - (sample.dts + sample.duration - delta));
  }
  const { starts, runs } = chunks({ samples, descriptions, ...track }, positions, framesOf);
  const count = samples.reduce((sum, sample) => sum + framesOf(sample), 0);
  return box(
    "stbl",
    fullBox("stsd", 0, 0, u32(descriptions.length), ...descriptions),
    table("stts", times, 2),
    table("stsc", runs, 3),
    fullBox("stsz", 0, 0, u32(frameBytes, count)),
    chunkOffsets(starts, base, large),
  );
}

function chunkOffsets(starts: number[], base: number, large: boolean): Uint8Array {
  if (large) return fullBox("co64", 0, 0, u32(starts.length), Buffer.concat(starts.map((start) => u64(start + base))));
  return fullBox(
    "stco",
    0,
    0,
    u32(starts.length),
    u32Column(starts.length, (i) => (starts[i] ?? 0) + base),
  );
}

/** A chunk is a run of samples that lie side by side and share a sample description. */
function chunks(
  track: MuxTrack,
  positions: Float64Array,
  countOf: (sample: MuxSample) => number,
): { starts: number[]; runs: number[] } {
  const starts: number[] = [];
  const runs: number[] = [];
  let [length, description, end] = [0, -1, -1];
  const close = () => {
    if (length === 0) return;
    const [samePerChunk, sameDescription] = [runs.at(-2) === length, runs.at(-1) === description + 1];
    if (!(samePerChunk && sameDescription)) runs.push(starts.length, length, description + 1);
  };
  track.samples.forEach((sample, i) => {
    const position = positions[i] ?? 0;
    if (position !== end || sample.description !== description) {
      close();
      starts.push(position);
      [length, description] = [0, sample.description];
    }
    length += countOf(sample);
    end = position + sample.size;
  });
  close();
  return { starts, runs };
}
