import { MalformedBoxError, UnsupportedStructureError } from "../errors.ts";
import { type Box, findBox, readFullBox } from "./boxes.ts";
import type { SampleTable } from "./movie.ts";
import type { AudioPacket, Pcm } from "./pcm.ts";
import { emptyTable, type PlacedChunks, placedChunks, type SampleBudget } from "./sample-table.ts";

/** Frames of PCM that are one entry of a table: as many as ffmpeg makes a packet of, and about as long as one of AAC. */
export const BLOCK_FRAMES = 1024;

/**
 * Of audio whose table has one entry for each frame, what these lie in: millions of entries, which are read in blocks. PCM
 * where stsz gives one size for all; other audio where stts, too, counts frames, as QuickTime does.
 */
export function framePacket(
  stbl: readonly Box[],
  { pcm, packet }: { pcm?: Pcm; packet?: AudioPacket },
): AudioPacket | undefined {
  const stsz = findBox(stbl, "stsz");
  if (!stsz || readFullBox("stsz", stsz.body).fields.u32() === 0) return undefined;
  // Some writers put 1 for the bytes of a frame of PCM into stsz.
  if (pcm) return { frames: 1, bytes: pcm.frameBytes };
  const [run, ...others] = frameTimes(stbl);
  return others.length === 0 && run?.delta === 1 ? packet : undefined;
}

/** A table whose entries are blocks of frames that lie side by side. */
export function readFrameTable(stbl: readonly Box[], packet: AudioPacket, budget: SampleBudget): SampleTable {
  const { fields } = readFullBox("stsz", findBox(stbl, "stsz")?.body ?? new Uint8Array());
  fields.skip(4);
  const count = fields.u32();
  const times = frameTimes(stbl);
  if (times.reduce((sum, { frames }) => sum + frames, 0) < count)
    throw new MalformedBoxError(`stts box times fewer than ${count} samples`);
  const chunks = placedChunks(stbl, count);
  // Walked twice, so that what a file claims is never held as objects.
  let blocks = 0;
  for (const _ of blocksOf(chunks, times, packet, budget.left)) blocks++;
  const table = emptyTable(blocks, budget);
  let i = 0;
  for (const { description, frames, bytes, offset, dts, delta } of blocksOf(chunks, times, packet, blocks)) {
    table.offset[i] = offset;
    table.size[i] = bytes;
    table.dts[i] = dts;
    table.duration[i] = frames * delta;
    table.description[i++] = description;
  }
  table.sync.fill(1);
  return table;
}

interface Block {
  description: number;
  frames: number;
  bytes: number;
  offset: number;
  dts: number;
  delta: number;
}

interface Run {
  frames: number;
  delta: number;
}

function* blocksOf(chunks: PlacedChunks, times: Run[], packet: AudioPacket, most: number): Generator<Block, void> {
  const blockFrames = Math.max(1, Math.floor(BLOCK_FRAMES / packet.frames)) * packet.frames;
  let [run, inRun, dts, blocks] = [0, 0, 0, 0];
  for (let chunk = 0; chunk < chunks.count; chunk++) {
    const description = chunks.description[chunk] ?? 0;
    const [start, samples] = [chunks.offset[chunk] ?? 0, chunks.samples[chunk] ?? 0];
    for (let done = 0; done < samples; ) {
      while ((times[run]?.frames ?? Number.POSITIVE_INFINITY) <= inRun) [run, inRun] = [run + 1, 0];
      const time = times[run];
      if (!time) throw new MalformedBoxError("stts box times fewer samples than there are");
      if (++blocks > most) throw new UnsupportedStructureError(`it has more than ${most} samples`);
      const frames = Math.min(blockFrames, samples - done, time.frames - inRun);
      const bytes = Math.ceil(frames / packet.frames) * packet.bytes;
      yield {
        description,
        frames,
        bytes,
        offset: start + (done / packet.frames) * packet.bytes,
        dts,
        delta: time.delta,
      };
      dts += frames * time.delta;
      done += frames;
      inRun += frames;
    }
  }
}

function frameTimes(stbl: readonly Box[]): Run[] {
  const stts = findBox(stbl, "stts");
  if (!stts) throw new MalformedBoxError("stts box is missing");
  const { fields } = readFullBox("stts", stts.body);
  return Array.from({ length: fields.count(8) }, () => ({ frames: fields.u32(), delta: fields.u32() }));
}
