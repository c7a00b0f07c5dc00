import { MalformedBoxError } from "../errors.ts";
import { type Box, boxesIn, findBox, readFullBox } from "../read/boxes.ts";
import { BLOCK_FRAMES } from "../read/frame-table.ts";
import type { SampleTable, Track } from "../read/movie.ts";
import type { FragmentDefaults } from "../read/parse-movie.ts";
import { emptyTable, type SampleBudget } from "../read/sample-table.ts";
import { usualDuration } from "../read/spans.ts";
import { RunOrder } from "./run-order.ts";

/** sample_is_non_sync_sample, ISO/IEC 14496-12, 8.8.3.1. */
const NON_SYNC = 0x10000;

/** While fragments are collected, a sample takes about five times the memory of an entry in a sample table. */
const BUDGET_PER_SAMPLE = 5;

interface FragmentSample {
  offset: number;
  size: number;
  dts: number;
  duration: number;
  compositionOffset: number;
  sync: number;
  description: number;
}

/** Collects the samples of consecutive movie fragments (moof), ISO/IEC 14496-12, 8.8. */
export class FragmentSamples {
  readonly #defaults: Map<number, FragmentDefaults>;
  readonly #budget: SampleBudget;
  /** Of PCM tracks. */
  readonly #frameBytes = new Map<number, number>();
  readonly #samples = new Map<number, FragmentSample[]>();
  readonly #orders = new Map<number, RunOrder>();
  /** Some fragment had no decode time (tfdt), so times are right only when every fragment before it was added. */
  needsAllFragments = false;

  constructor(tracks: readonly Track[], defaults: Map<number, FragmentDefaults>, budget: SampleBudget) {
    this.#defaults = defaults;
    this.#budget = budget;
    for (const track of tracks) {
      this.#samples.set(track.id, []);
      const [only, ...others] = track.descriptions;
      if (only?.audio?.pcm && others.length === 0) this.#frameBytes.set(track.id, only.audio.pcm.frameBytes);
    }
  }

  of(track: Track): readonly FragmentSample[] {
    return this.#samples.get(track.id) ?? [];
  }

  /** Continues from samples that the movie box itself describes. */
  addTable(track: Track): void {
    const { samples } = track;
    for (let i = 0; i < samples.count; i++) {
      const pick = (column: ArrayLike<number>) => column[i] ?? 0;
      this.#samples.get(track.id)?.push({
        offset: pick(samples.offset),
        size: pick(samples.size),
        dts: pick(samples.dts),
        duration: pick(samples.duration),
        compositionOffset: pick(samples.compositionOffset),
        sync: pick(samples.sync),
        description: pick(samples.description),
      });
    }
  }

  /** @param moof body of the box, which starts at byte `moofStart` of the file. */
  add(moof: Uint8Array, moofStart: number): void {
    let base = moofStart;
    for (const traf of boxesIn(moof)) {
      if (traf.type === "traf") base = this.#addTrackFragment(boxesIn(traf.body), moofStart, base);
    }
  }

  #addTrackFragment(traf: readonly Box[], moofStart: number, implicitBase: number): number {
    const tfhd = findBox(traf, "tfhd");
    if (!tfhd) throw new MalformedBoxError("tfhd box is missing");
    const header = readHeader(tfhd, this.#defaults, moofStart, implicitBase);
    const samples = this.#samples.get(header.trackId);
    const last = samples?.at(-1);
    const tfdt = findBox(traf, "tfdt");
    if (!tfdt) this.needsAllFragments = true;
    let offset = header.base;
    let [duration, bytes] = [0, 0];
    const run: FragmentSample[] = [];
    for (const box of traf) {
      if (box.type !== "trun") continue;
      for (const sample of readRun(box, header, offset, this.#frameBytes.get(header.trackId))) {
        offset = sample.offset + sample.size;
        // Also for unknown tracks: a count without a table behind it could be four thousand million.
        this.#budget.left -= BUDGET_PER_SAMPLE;
        if (this.#budget.left < 0) throw new MalformedBoxError("fragments hold too many samples");
        if (samples) run.push({ ...sample, dts: duration });
        duration += sample.duration;
        bytes += sample.size;
      }
    }
    const start = tfdt
      ? this.#orderOf(header.trackId).place({ ...readDecodeTime(tfdt), duration, bytes })
      : last
        ? last.dts + last.duration
        : 0;
    if (start !== undefined) for (const sample of run) samples?.push({ ...sample, dts: start + sample.dts });
    return offset;
  }

  #orderOf(trackId: number): RunOrder {
    const order = this.#orders.get(trackId) ?? new RunOrder();
    this.#orders.set(trackId, order);
    return order;
  }

  /** The track with the samples of the added fragments, in decode order. */
  trackOf(track: Track, budget: SampleBudget): Track {
    const own = this.of(track);
    const list = this.#orders.get(track.id)?.isMixed ? own.toSorted((a, b) => a.dts - b.dts) : own;
    budget.left += list.length * BUDGET_PER_SAMPLE;
    const samples = emptyTable(list.length, budget);
    for (const [i, sample] of list.entries()) {
      if (sample.description >= track.descriptions.length) {
        throw new MalformedBoxError("a fragment names a sample description that does not exist");
      }
      for (const column of COLUMNS) samples[column][i] = sample[column];
    }
    spreadUntimed(samples);
    return { ...track, samples };
  }
}

const COLUMNS = [
  "offset",
  "size",
  "dts",
  "duration",
  "compositionOffset",
  "sync",
  "description",
] as const satisfies Exclude<keyof SampleTable, "count">[];

/** Samples that are told to last no time share what passes until the next one; the last ones last as long as is usual. */
function spreadUntimed({ dts, duration, count }: SampleTable): void {
  for (let first = 0; first < count; ) {
    const start = dts[first] ?? 0;
    let next = first;
    while (next < count && duration[next] === 0 && dts[next] === start) next++;
    const samples = next - first;
    const usual = () => usualDuration(duration.filter((ticks) => ticks > 0));
    const share = samples > 0 ? (next < count ? ((dts[next] ?? 0) - start) / samples : usual()) : 0;
    const timeOf = (i: number) => start + Math.round(i * share);
    for (let i = 0; i < samples && share > 0; i++) {
      dts[first + i] = timeOf(i);
      duration[first + i] = timeOf(i + 1) - timeOf(i);
    }
    first = Math.max(next, first + 1);
  }
}

interface RunDefaults extends FragmentDefaults {
  trackId: number;
  base: number;
}

function readHeader(
  tfhd: Box,
  defaults: Map<number, FragmentDefaults>,
  moofStart: number,
  implicitBase: number,
): RunDefaults {
  const { flags, fields } = readFullBox("tfhd", tfhd.body);
  const trackId = fields.u32();
  const own = defaults.get(trackId) ?? { description: 1, duration: 0, size: 0, flags: 0 };
  const base = flags & 0x1 ? fields.u64() : flags & 0x20000 ? moofStart : implicitBase;
  return {
    trackId,
    base,
    description: flags & 0x2 ? fields.u32() : own.description,
    duration: flags & 0x8 ? fields.u32() : own.duration,
    size: flags & 0x10 ? fields.u32() : own.size,
    flags: flags & 0x20 ? fields.u32() : own.flags,
  };
}

/** Below 0 in what ffmpeg's HLS muxer writes: the audio's priming stands before the first frame. */
export function readDecodeTime(tfdt: Box): { dts: number; isShort: boolean } {
  const { version, fields } = readFullBox("tfdt", tfdt.body);
  return { dts: version === 0 ? fields.u32() : fields.i64Near(), isShort: version === 0 };
}

/** Fields of every sample in trun: duration, size, flags, composition offset. */
const SAMPLE_FIELDS = 0xf00;

/** @param frameBytes of a PCM track: its frames come in blocks, where all are alike */
function* readRun(
  trun: Box,
  header: RunDefaults,
  start: number,
  frameBytes?: number,
): Generator<Omit<FragmentSample, "dts">> {
  const { flags, fields } = readFullBox("trun", trun.body);
  const count = fields.u32();
  let offset = flags & 0x1 ? header.base + fields.i32() : start;
  const firstFlags = flags & 0x4 ? fields.u32() : undefined;
  const block = frameBytes !== undefined && (flags & SAMPLE_FIELDS) === 0 && header.size === frameBytes;
  for (let i = 0; block && i < count; i += BLOCK_FRAMES) {
    const frames = Math.min(BLOCK_FRAMES, count - i);
    const [size, duration] = [frames * header.size, frames * header.duration];
    const description = Math.max(0, header.description - 1);
    yield { offset, size, duration, compositionOffset: 0, sync: 1, description };
    offset += size;
  }
  for (let i = 0; !block && i < count; i++) {
    const duration = flags & 0x100 ? fields.u32() : header.duration;
    const size = flags & 0x200 ? fields.u32() : header.size;
    const own = flags & 0x400 ? fields.u32() : header.flags;
    const sampleFlags = i === 0 && firstFlags !== undefined ? firstFlags : own;
    const compositionOffset = flags & 0x800 ? fields.i32() : 0;
    const sync = sampleFlags & NON_SYNC ? 0 : 1;
    yield { offset, size, duration, compositionOffset, sync, description: Math.max(0, header.description - 1) };
    offset += size;
  }
}
