import { type ByteSource, MalformedBoxError, type Track } from "@camclips/mp4";
import { readAvcSets } from "@camclips/mp4/chain";
import type { ChangedSample, CopySegment, CutSource } from "./cut-plan.ts";
import { avcTrack } from "./enter-chain.ts";
import { renumberedPieces } from "./picture-chain.ts";
import { READ_BYTES, rangeOf } from "./window.ts";

/** A sample of a chain: where it is stored, and where it is among those that are made. */
interface Place {
  stored: [start: number, end: number];
  start: number;
  end: number;
}

/** The samples of a chain as they go into the clip, by index. They are made when they are read: a chain may be long. */
export function chainedSamples(
  { first, last, chain }: CopySegment,
  source: CutSource,
): ReadonlyMap<number, ChangedSample> {
  const changed = new Map<number, ChangedSample>();
  if (!chain) return changed;
  const { video, avc } = avcTrack(source);
  const sets = readAvcSets(avc);
  const places = placesOf({ first, until: Math.min(last + 1, chain.until) }, video, chain);
  const made = madeWhenRead(places, source.bytes, (sample) => renumberedPieces(sample, sets, chain.origin));
  for (const [i, { start, end }] of places.entries())
    changed.set(first + i, { source: made, offset: start, size: end - start });
  return changed;
}

function placesOf(
  { first, until }: { first: number; until: number },
  video: Track,
  { entry, sizes }: { entry: number; sizes: Uint32Array },
): Place[] {
  const places: Place[] = [];
  for (let index = first; index < until; index++) {
    const start = places.at(-1)?.end ?? 0;
    places.push({ stored: rangeOf(video, index), start, end: start + (sizes[index - entry] ?? 0) });
  }
  return places;
}

function madeWhenRead(
  places: readonly Place[],
  stored: ByteSource,
  make: (sample: Uint8Array) => Uint8Array[],
): ByteSource {
  async function* stream(from: number, to: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const wanted = places.filter(({ start, end }) => start < to && end > from);
    for (const run of runsOf(wanted)) {
      const [start, end] = [run[0]?.stored[0] ?? 0, run.at(-1)?.stored[1] ?? 0];
      const all = await stored.read(start, end, signal);
      for (const place of run) {
        const pieces = make(all.subarray(place.stored[0] - start, place.stored[1] - start));
        yield* within(pieces, place, from, to);
      }
    }
  }
  const read = async (from: number, to: number, signal?: AbortSignal) =>
    Buffer.concat(await Array.fromAsync(stream(from, to, signal)));
  return { size: places.at(-1)?.end ?? 0, read, stream };
}

/** Samples that are read at once: those that are stored one behind the other. */
function runsOf(places: readonly Place[]): Place[][] {
  const runs: Place[][] = [];
  for (const place of places) {
    const run = runs.at(-1);
    const [start, before] = [run?.[0]?.stored[0] ?? 0, run?.at(-1)?.stored[1] ?? Number.POSITIVE_INFINITY];
    if (run && place.stored[0] >= before && place.stored[1] - start <= READ_BYTES) run.push(place);
    else runs.push([place]);
  }
  return runs;
}

function* within(pieces: readonly Uint8Array[], place: Place, from: number, to: number): Generator<Uint8Array> {
  let at = place.start;
  for (const piece of pieces) {
    const end = at + piece.length;
    if (end > from && at < to) yield piece.subarray(Math.max(0, from - at), Math.min(end, to) - at);
    at = end;
  }
  if (at !== place.end) throw new MalformedBoxError("a recording was written to while it was read");
}
