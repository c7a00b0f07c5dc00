import { MalformedBoxError, UnsupportedStructureError } from "../errors.ts";
import { type Box, findBox, readFullBox } from "./boxes.ts";
import type { SampleTable } from "./movie.ts";
import { emptyTable, type PlacedChunks, placedChunks, type SampleBudget } from "./sample-table.ts";

/** Frames of PCM that are one entry of a table: as many as ffmpeg makes a packet of, and about as long as one of AAC. */
export const BLOCK_FRAMES = 1024;

/** Whether stsz gives all samples one size: then PCM is read in blocks, because one entry a frame would be millions. */
export function hasFixedSize(stbl: readonly Box[]): boolean {
  const stsz = findBox(stbl, "stsz");
  return stsz !== undefined && readFullBox("stsz", stsz.body).fields.u32() > 0;
}

/** A table whose entries are blocks of frames that lie side by side. `frameBytes`: some writers put 1 for it into stsz. */
export function readPcmTable(stbl: readonly Box[], frameBytes: number, budget: SampleBudget): SampleTable {
  const { fields } = readFullBox("stsz", findBox(stbl, "stsz")?.body ?? new Uint8Array());
  fields.skip(4);
  const count = fields.u32();
  const blocks = [...blocksOf(placedChunks(stbl, count), frameTimes(stbl, count), frameBytes, budget.left)];
  const table = emptyTable(blocks.length, budget);
  for (const [i, { description, frames, offset, dts, delta }] of blocks.entries()) {
    table.offset[i] = offset;
    table.size[i] = frames * frameBytes;
    table.dts[i] = dts;
    table.duration[i] = frames * delta;
    table.description[i] = description;
  }
  table.sync.fill(1);
  return table;
}

interface Block {
  description: number;
  frames: number;
  offset: number;
  dts: number;
  delta: number;
}

interface Run {
  frames: number;
  delta: number;
}

function* blocksOf(chunks: PlacedChunks, times: Run[], frameBytes: number, most: number): Generator<Block, void> {
  let [run, inRun, dts, blocks] = [0, 0, 0, 0];
  for (let chunk = 0; chunk < chunks.count; chunk++) {
    const description = chunks.description[chunk] ?? 0;
    const [start, samples] = [chunks.offset[chunk] ?? 0, chunks.samples[chunk] ?? 0];
    for (let done = 0; done < samples; ) {
      while ((times[run]?.frames ?? Number.POSITIVE_INFINITY) <= inRun) [run, inRun] = [run + 1, 0];
      const time = times[run];
      if (!time) throw new MalformedBoxError("stts box times fewer samples than there are");
      if (++blocks > most) throw new UnsupportedStructureError(`it has more than ${most} samples`);
      const frames = Math.min(BLOCK_FRAMES, samples - done, time.frames - inRun);
      yield { description, frames, offset: start + done * frameBytes, dts, delta: time.delta };
      dts += frames * time.delta;
      done += frames;
      inRun += frames;
    }
  }
}

function frameTimes(stbl: readonly Box[], count: number): Run[] {
  const stts = findBox(stbl, "stts");
  if (!stts) throw new MalformedBoxError("stts box is missing");
  const { fields } = readFullBox("stts", stts.body);
  const runs = Array.from({ length: fields.count(8) }, () => ({ frames: fields.u32(), delta: fields.u32() }));
  if (runs.reduce((sum, { frames }) => sum + frames, 0) < count)
    throw new MalformedBoxError(`stts box times fewer than ${count} samples`);
  return runs;
}
