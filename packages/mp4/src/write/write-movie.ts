import { MalformedBoxError } from "../errors.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { type MuxSample, type MuxTrack, normalized } from "./mux-track.ts";
import { movieHeader } from "./write-movie-header.ts";

/** Unneeded bytes between two samples that are read and dropped rather than asked around with a second request. */
const COALESCE_BYTES = 256 * 1024;
const INTERLEAVE_SECONDS = 0.5;

export interface MuxOptions {
  /** `source` keeps the samples as they lie in the one input; `time` interleaves tracks of several inputs. */
  order: "source" | "time";
  /** Absent: the file carries none (0). */
  creationTimeMs?: number;
}

/** A plain MP4 with its index first. The samples are read while it is consumed. */
export interface MuxedMovie {
  bytes: number;
  chunks(signal?: AbortSignal): AsyncGenerator<Uint8Array>;
  /** The same about a megabyte at a time, in the pieces that were read: for what can write many at once. */
  blocks(signal?: AbortSignal): AsyncGenerator<Uint8Array[]>;
}

/** Muxes samples of any inputs into one file. Tracks without samples are refused. */
export function writeMovie(tracks: MuxTrack[], options: MuxOptions): MuxedMovie {
  const muxed = tracks.map(normalized);
  if (muxed.length === 0 || muxed.some((track) => track.samples.length === 0))
    throw new Error("a track has no samples");
  const positions = muxed.map((track) => new Float64Array(track.samples.length));
  const ordered = inFileOrder(muxed, options.order);
  let payloadBytes = 0;
  for (const { track, index, sample } of ordered) {
    const column = positions[track];
    if (column) column[index] = payloadBytes;
    payloadBytes += sample.size;
  }
  const header = movieHeader(muxed, positions, payloadBytes, options.creationTimeMs);
  const fetches = coalesce(ordered.map(({ sample }) => sample));
  async function* samples(signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    for (const fetch of fetches) yield* fetchPieces(fetch, signal);
  }
  async function* blocks(signal?: AbortSignal): AsyncGenerator<Uint8Array[]> {
    yield [header];
    yield* inBlocks(samples(signal));
  }
  async function* chunks(signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const block of blocks(signal)) yield* joined(block);
  }
  return { bytes: header.length + payloadBytes, chunks, blocks };
}

/** Samples are small: whoever writes them one by one takes longer for the calls than for the bytes. */
const BLOCK_BYTES = 1024 * 1024;

async function* inBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  let [block, bytes]: [Uint8Array[], number] = [[], 0];
  for await (const chunk of chunks) {
    block.push(chunk);
    bytes += chunk.length;
    if (bytes < BLOCK_BYTES) continue;
    yield block;
    [block, bytes] = [[], 0];
  }
  if (bytes > 0) yield block;
}

/** Longer pieces are passed on as they are: joining them costs more than another call. */
const LONG_BYTES = 128 * 1024;

function* joined(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let short: Uint8Array[] = [];
  for (const piece of pieces) {
    if (piece.length < LONG_BYTES) {
      short.push(piece);
      continue;
    }
    if (short.length > 0) yield Buffer.concat(short);
    yield piece;
    short = [];
  }
  if (short.length > 0) yield Buffer.concat(short);
}

interface Placed {
  track: number;
  index: number;
  sample: MuxSample;
}

function inFileOrder(tracks: MuxTrack[], order: MuxOptions["order"]): Placed[] {
  const all = tracks.flatMap(({ samples }, track) => samples.map((sample, index) => ({ track, index, sample })));
  if (order === "source") return all.sort((a, b) => a.sample.offset - b.sample.offset);
  const slot = ({ track, sample }: Placed) => {
    const { timescale, edit } = tracks[track] ?? { timescale: 1, edit: { shift: 0 } };
    return Math.floor((sample.dts + edit.shift) / timescale / INTERLEAVE_SECONDS);
  };
  return all
    .map((placed) => ({ placed, slot: slot(placed) }))
    .sort((a, b) => a.slot - b.slot || a.placed.track - b.placed.track || a.placed.index - b.placed.index)
    .map(({ placed }) => placed);
}

/** One request: bytes `start` to `end` of `source`, of which the wanted pieces are passed on. */
interface Fetch {
  source: ByteSource;
  start: number;
  end: number;
  wanted: { start: number; end: number }[];
}

function coalesce(samples: MuxSample[]): Fetch[] {
  const fetches: Fetch[] = [];
  for (const { source, offset, size } of samples) {
    if (size === 0) continue;
    const fetch = fetches.at(-1);
    const piece = fetch?.wanted.at(-1);
    const end = offset + size;
    if (fetch?.source !== source || !piece || offset < fetch.end || offset > fetch.end + COALESCE_BYTES) {
      fetches.push({ source, start: offset, end, wanted: [{ start: offset, end }] });
      continue;
    }
    if (piece.end === offset) piece.end = end;
    else fetch.wanted.push({ start: offset, end });
    fetch.end = end;
  }
  return fetches;
}

async function* fetchPieces(fetch: Fetch, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  let at = fetch.start;
  let next = 0;
  for await (const chunk of fetch.source.stream(fetch.start, fetch.end, signal)) {
    const end = at + chunk.length;
    for (let piece = fetch.wanted[next]; piece && piece.start < end; piece = fetch.wanted[next]) {
      yield chunk.subarray(Math.max(0, piece.start - at), Math.min(end, piece.end) - at);
      if (piece.end > end) break;
      next++;
    }
    at = end;
  }
  if (at !== fetch.end) throw new MalformedBoxError(`reading stopped at byte ${at} of ${fetch.end}`);
}
