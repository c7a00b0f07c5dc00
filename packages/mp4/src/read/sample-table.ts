import { MalformedBoxError, UnsupportedStructureError } from "../errors.ts";
import { type Box, findBox, readFullBox } from "./boxes.ts";
import type { SampleTable } from "./movie.ts";
import { usualDuration } from "./spans.ts";

/** How many samples may still be read: bounds the memory that a file can claim. */
export interface SampleBudget {
  left: number;
}

/** A day at 30 frames a second with AAC at 48 kHz is 6.6 million samples. At 31 bytes each, 217 MB at most. */
export function sampleBudget(): SampleBudget {
  return { left: 7_000_000 };
}

/** An all-zero table with room for `count` samples. */
export function emptyTable(count: number, budget: SampleBudget): SampleTable {
  if (count > budget.left) throw new UnsupportedStructureError(`it has more than ${count - 1} samples`);
  budget.left -= count;
  return {
    count,
    offset: new Float64Array(count),
    size: new Uint32Array(count),
    dts: new Float64Array(count),
    duration: new Uint32Array(count),
    compositionOffset: new Int32Array(count),
    sync: new Uint8Array(count),
    description: new Uint16Array(count),
  };
}

/** Expands the children of stbl (ISO/IEC 14496-12, 8.6 and 8.7) into one entry per sample. */
export function readSampleTable(stbl: readonly Box[], budget: SampleBudget): SampleTable {
  const table = readSizes(stbl, budget);
  if (table.count === 0) return table;
  readTimes(required(stbl, "stts"), table);
  readCompositionOffsets(findBox(stbl, "ctts"), table);
  readSync(findBox(stbl, "stss"), table);
  readOffsets(stbl, table);
  return table;
}

function required(stbl: readonly Box[], type: string): Box {
  const box = findBox(stbl, type);
  if (!box) throw new MalformedBoxError(`${type} box is missing`);
  return box;
}

function readSizes(stbl: readonly Box[], budget: SampleBudget): SampleTable {
  const compact = findBox(stbl, "stz2");
  if (compact) return readCompactSizes(compact, budget);
  const { fields } = readFullBox("stsz", required(stbl, "stsz").body);
  const fixed = fields.u32();
  if (fixed === 0) {
    const table = emptyTable(fields.count(4), budget);
    for (let i = 0; i < table.count; i++) table.size[i] = fields.u32();
    return table;
  }
  const table = emptyTable(fields.u32(), budget);
  table.size.fill(fixed);
  return table;
}

function readCompactSizes(stz2: Box, budget: SampleBudget): SampleTable {
  const { fields } = readFullBox("stz2", stz2.body);
  const bits = fields.u32() & 255;
  if (bits !== 4 && bits !== 8 && bits !== 16) throw new MalformedBoxError(`stz2 box has ${bits}-bit sizes`);
  const table = emptyTable(fields.count(bits === 16 ? 2 : bits === 8 ? 1 : 0.5), budget);
  for (let i = 0; i < table.count; i++) {
    if (bits === 4) {
      const pair = fields.u8();
      table.size[i] = pair >> 4;
      if (++i < table.count) table.size[i] = pair & 15;
    } else table.size[i] = bits === 8 ? fields.u8() : fields.u16();
  }
  return table;
}

/** Larger differences of decode times are negative ones, with which some writers take back what came too late; ffmpeg's limit, too. */
const LARGEST_DELTA = 2 ** 32 - 480_000;

/** Where the box times too few samples, its last difference goes on. */
function readTimes(stts: Box, table: SampleTable): void {
  const { fields } = readFullBox("stts", stts.body);
  let [sample, due, delta] = [0, 0, 0];
  const entries = fields.count(8);
  for (let entry = 0; entry < entries; entry++) {
    const count = fields.u32();
    const said = fields.u32();
    delta = said > LARGEST_DELTA ? said - 2 ** 32 : said;
    const end = entry === entries - 1 ? table.count : Math.min(table.count, sample + count);
    for (; sample < end; sample++, due += delta) {
      const before = table.dts[sample - 1] ?? 0;
      const usual = table.duration[sample - 1] ?? 0;
      table.dts[sample] = due < before ? before + 1 : due;
      if (sample > 0) table.duration[sample - 1] = (table.dts[sample] ?? 0) - before;
      table.duration[sample] = delta < 0 ? usual : delta;
    }
  }
  if (sample < table.count) throw new MalformedBoxError("stts box times no sample");
  // Writers that do not know how long the last sample lasts say 0, and it is shown all the same.
  const last = table.count - 1;
  if (table.duration[last] === 0) table.duration[last] = usualDuration(table.duration.subarray(0, last));
}

function readCompositionOffsets(ctts: Box | undefined, table: SampleTable): void {
  if (!ctts) return;
  const { fields } = readFullBox("ctts", ctts.body);
  let sample = 0;
  for (let entries = fields.count(8); entries > 0; entries--) {
    const end = Math.min(table.count, sample + fields.u32());
    // Version 0 says unsigned, but writers put negative offsets there too, and none needs 2^31 units.
    table.compositionOffset.fill(fields.i32(), sample, end);
    sample = end;
  }
}

function readSync(stss: Box | undefined, table: SampleTable): void {
  if (!stss) {
    table.sync.fill(1);
    return;
  }
  const { fields } = readFullBox("stss", stss.body);
  for (let entries = fields.count(4); entries > 0; entries--) {
    const sample = fields.u32();
    if (sample >= 1 && sample <= table.count) table.sync[sample - 1] = 1;
  }
}

function readChunkOffsets(stbl: readonly Box[]): Float64Array {
  const co64 = findBox(stbl, "co64");
  const { fields } = readFullBox("stco", (co64 ?? required(stbl, "stco")).body);
  const offsets = new Float64Array(fields.count(co64 ? 8 : 4));
  for (let i = 0; i < offsets.length; i++) offsets[i] = co64 ? fields.u64() : fields.u32();
  return offsets;
}

function readOffsets(stbl: readonly Box[], table: SampleTable): void {
  const chunks = placedChunks(stbl, table.count);
  let sample = 0;
  for (let chunk = 0; chunk < chunks.count; chunk++) {
    let offset = chunks.offset[chunk] ?? 0;
    const description = chunks.description[chunk] ?? 0;
    for (const end = sample + (chunks.samples[chunk] ?? 0); sample < end; sample++) {
      table.offset[sample] = offset;
      table.description[sample] = description;
      offset += table.size[sample] ?? 0;
    }
  }
}

/** Samples that lie side by side. Struct of arrays: files of hours hold a million. */
export interface PlacedChunks {
  count: number;
  /** Byte offset in the file. */
  offset: Float64Array;
  /** How many there are of them. */
  samples: Uint32Array;
  /** Index into the track's descriptions, from 0. */
  description: Uint16Array;
}

/**
 * The chunks that hold `count` samples.
 * @throws MalformedBoxError when they hold fewer
 */
export function placedChunks(stbl: readonly Box[], count: number): PlacedChunks {
  const starts = readChunkOffsets(stbl);
  const offset = new Float64Array(starts.length);
  const samples = new Uint32Array(starts.length);
  const description = new Uint16Array(starts.length);
  const { fields } = readFullBox("stsc", required(stbl, "stsc").body);
  const runs = Array.from({ length: fields.count(12) }, () => ({
    firstChunk: fields.u32(),
    perChunk: fields.u32(),
    description: fields.u32(),
  }));
  let [chunks, sample] = [0, 0];
  for (const [i, run] of runs.entries()) {
    // Back and forth, a small box would take hours.
    if (run.firstChunk < (runs[i - 1]?.firstChunk ?? 0))
      throw new MalformedBoxError("stsc box names chunks out of order");
    const lastChunk = Math.min(starts.length, (runs[i + 1]?.firstChunk ?? starts.length + 1) - 1);
    for (let chunk = Math.max(1, run.firstChunk); chunk <= lastChunk && sample < count; chunk++) {
      offset[chunks] = starts[chunk - 1] ?? 0;
      samples[chunks] = Math.min(run.perChunk, count - sample);
      description[chunks] = Math.max(0, run.description - 1);
      sample += samples[chunks++] ?? 0;
    }
  }
  if (sample < count) throw new MalformedBoxError(`stsc and stco boxes place ${sample} of ${count} samples`);
  return { count: chunks, offset, samples, description };
}
