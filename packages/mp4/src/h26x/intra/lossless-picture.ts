import { withEmulation } from "../emulation.ts";
import { BitWriter } from "./bit-writer.ts";
import { intraPatternCodes } from "./cavlc-tables.ts";
import { dcLevels, findLevels, scaledDcs } from "./exact-residual.ts";
import { MOST_LEVEL, writeBlock } from "./write-block.ts";

/** A decoded picture, 8 bits, 4:2:0: its planes one behind the other, whole macroblocks. */
export interface RawPicture {
  width: number;
  height: number;
  bytes: Uint8Array;
}

/** How slices of the stream tell their numbers. */
export interface EntryNumbers {
  ppsId: number;
  frameNumBits: number;
  pictureOrderBits: number | undefined;
}

const IDR_HEADER = 0x65;
const PPS_HEADER = 0x68;
/** An IDR picture next to another one needs another number; encoders count 0, 1. */
const IDR_ID = 2;
const I_SLICE = 7;
const I_PCM = 25;
/** The finest quantizer. Picture parameter sets tell how far it is from 26. */
const QUANTIZER = 0;

/** The picture parameter set of lossless pictures: ITU-T H.264, 7.3.2.2. Codes are those that every profile has. */
export function losslessPps({ id, spsId }: { id: number; spsId: number }): Uint8Array {
  const writer = new BitWriter().ue(id).ue(spsId).bits(0, 2).ue(0).ue(0).ue(0).bits(0, 3);
  writer
    .se(QUANTIZER - 26)
    .se(0)
    .se(0)
    .bits(0b100, 3)
    .bits(1, 1);
  return withEmulation(Buffer.concat([Uint8Array.of(PPS_HEADER), writer.bytes()]));
}

/**
 * Encodes a picture that decoders show bit for bit, as an IDR picture: intra prediction, and differences that come out exactly. A
 * macroblock for which there are none is stored as it is.
 * @param most bytes
 * @returns the slice; `undefined` when it takes more
 */
export function losslessSlice(picture: RawPicture, numbers: EntryNumbers, most: number): Uint8Array | undefined {
  const writer = new BitWriter(most + 4096);
  writer.ue(0).ue(I_SLICE).ue(numbers.ppsId).bits(0, numbers.frameNumBits).ue(IDR_ID);
  writer.bits(0, numbers.pictureOrderBits ?? 0).bits(0, 2);
  // slice_qp_delta, and no deblocking.
  writer.se(0).ue(1);
  const coder = new Macroblocks(picture, writer);
  for (let y = 0; y < picture.height / 16; y++) {
    for (let x = 0; x < picture.width / 16; x++) coder.write(x, y);
    if (writer.position > most * 8) return undefined;
  }
  const payload = writer.bits(1, 1).bytes();
  const nal = withEmulation(Buffer.concat([Uint8Array.of(IDR_HEADER), payload]));
  return nal.length > most ? undefined : nal;
}

/** Prediction modes of 4 x 4 blocks: 8.3.1.1. */
const [VERTICAL, HORIZONTAL, MEAN] = [0, 1, 2];
/** Of chroma: 8.3.4. */
const [CHROMA_MEAN, CHROMA_HORIZONTAL, CHROMA_VERTICAL] = [0, 1, 2];
/** Blocks in the order in which they are coded: 6.4.3. */
const BLOCK_X = Uint8Array.of(0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3);
const BLOCK_Y = Uint8Array.of(0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3);
/** Coefficients by frequency, of rows: 8.5.6. */
const ZIGZAG = Uint8Array.of(0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15);
const MIDDLE = 128;
/** 7.4.5: a macroblock takes no more bits than it would as it is, and 128. */
const MOST_BITS = 3200;
const PCM_TOTAL = 16;

interface Plane {
  bytes: Uint8Array;
  width: number;
  /** How many coefficients of each 4 x 4 block are not 0. */
  totals: Uint8Array;
  blocks: number;
}

class Macroblocks {
  readonly #writer: BitWriter;
  readonly #luma: Plane;
  readonly #chroma: readonly Plane[];
  readonly #modes: Uint8Array;
  readonly #differences = new Int32Array(16);
  readonly #levels = new Int32Array(16);
  /** Coefficients as they are written: of luma's 16 blocks, and of chroma's 8. */
  readonly #lumaScan = new Int32Array(16 * 16);
  readonly #chromaScan = new Int32Array(8 * 16);
  readonly #dc = new Int32Array(8);

  constructor({ width, height, bytes }: RawPicture, writer: BitWriter) {
    this.#writer = writer;
    const [luma, chroma] = [width * height, (width * height) / 4];
    const plane = (start: number, size: number, planeWidth: number): Plane => {
      const totals = new Uint8Array(size / 16);
      return { bytes: bytes.subarray(start, start + size), width: planeWidth, totals, blocks: planeWidth / 4 };
    };
    this.#luma = plane(0, luma, width);
    this.#chroma = [plane(luma, chroma, width / 2), plane(luma + chroma, chroma, width / 2)];
    this.#modes = new Uint8Array(luma / 16).fill(MEAN);
  }

  write(x: number, y: number): void {
    const start = this.#writer.position;
    if (this.#writeExact(x, y) && this.#writer.position - start <= MOST_BITS) return;
    this.#writer.rewind(start);
    this.#writeStored(x, y);
  }

  #writeExact(x: number, y: number): boolean {
    const writer = this.#writer;
    writer.ue(0);
    let pattern = 0;
    for (let block = 0; block < 16; block++) {
      const found = this.#codeLuma(4 * x + (BLOCK_X[block] ?? 0), 4 * y + (BLOCK_Y[block] ?? 0), block);
      if (found === undefined) return false;
      if (found) pattern |= 1 << (block >> 2);
    }
    const mode = this.#chromaMode(x, y);
    writer.ue(mode);
    let chroma = 0;
    for (const [index, plane] of this.#chroma.entries()) {
      const found = this.#codeChroma(plane, { x, y, mode, index });
      if (found === undefined) return false;
      chroma = Math.max(chroma, found);
    }
    pattern |= chroma << 4;
    writer.ue(intraPatternCodes[pattern] ?? 0);
    if (pattern > 0) writer.se(0);
    this.#writeLuma(x, y, pattern);
    this.#writeChroma(x, y, chroma);
    return true;
  }

  /**
   * Writes a block's prediction mode, and finds its coefficients.
   * @returns whether there are any; `undefined` when none give it exactly
   */
  #codeLuma(x: number, y: number, block: number): boolean | undefined {
    const { blocks } = this.#luma;
    const at = y * blocks + x;
    const mode = this.#predictLuma(x, y);
    const usual = x > 0 && y > 0 ? Math.min(this.#modes[at - 1] ?? MEAN, this.#modes[at - blocks] ?? MEAN) : MEAN;
    if (mode === usual) this.#writer.bits(1, 1);
    else this.#writer.bits(mode > usual ? mode - 1 : mode, 4);
    this.#modes[at] = mode;
    if (!findLevels(this.#differences, this.#levels)) return undefined;
    return this.#scan(this.#lumaScan, block * 16, 0);
  }

  /** Moves the coefficients into the order in which they are written. @returns whether any is not 0 */
  #scan(scan: Int32Array, start: number, first: number): boolean | undefined {
    let all = 0;
    for (let i = first; i < 16; i++) {
      const level = this.#levels[ZIGZAG[i] ?? 0] ?? 0;
      scan[start + i] = level;
      if (level > MOST_LEVEL || level < -MOST_LEVEL) return undefined;
      all |= level;
    }
    return all !== 0;
  }

  /** Leaves the differences from the best of three predictions. @returns its mode */
  #predictLuma(x: number, y: number): number {
    const { bytes, width } = this.#luma;
    const start = 4 * y * width + 4 * x;
    let sum = 0;
    for (let i = 0; i < 4; i++) {
      // Reading outside of an array would be slow.
      above[i] = y > 0 ? (bytes[start - width + i] ?? 0) : MIDDLE;
      left[i] = x > 0 ? (bytes[start + i * width - 1] ?? 0) : MIDDLE;
      sum +=
        (y > 0 || x === 0 ? (above[i] ?? 0) : (left[i] ?? 0)) + (x > 0 || y === 0 ? (left[i] ?? 0) : (above[i] ?? 0));
    }
    const mean = (sum + 4) >> 3;
    let even = 0;
    let vertical = y > 0 ? 0 : FAR;
    let horizontal = x > 0 ? 0 : FAR;
    for (let row = 0; row < 4; row++) {
      const line = start + row * width;
      const beside = left[row] ?? 0;
      for (let i = 0; i < 4; i++) {
        const value = bytes[line + i] ?? 0;
        even += Math.abs(value - mean);
        vertical += Math.abs(value - (above[i] ?? 0));
        horizontal += Math.abs(value - beside);
      }
    }
    const mode = bestMode(even, vertical, horizontal);
    for (let row = 0; row < 4; row++) {
      const line = start + row * width;
      for (let i = 0; i < 4; i++) {
        const from = mode === VERTICAL ? (above[i] ?? 0) : mode === HORIZONTAL ? (left[row] ?? 0) : mean;
        this.#differences[4 * row + i] = (bytes[line + i] ?? 0) - from;
      }
    }
    return mode;
  }

  #writeLuma(x: number, y: number, pattern: number): void {
    const { totals, blocks } = this.#luma;
    for (let block = 0; block < 16; block++) {
      const left = 4 * x + (BLOCK_X[block] ?? 0);
      const above = 4 * y + (BLOCK_Y[block] ?? 0);
      const at = above * blocks + left;
      const isCoded = (pattern >> (block >> 2)) & 1;
      const usual = isCoded ? usualTotal(this.#luma, left, above) : 0;
      totals[at] = isCoded ? writeBlock(this.#writer, this.#lumaScan, block * 16, 16, usual) : 0;
    }
  }

  /** Means differ from block to block, and are left out but where nothing else is there. */
  #chromaMode(x: number, y: number): number {
    if (x === 0 && y === 0) return CHROMA_MEAN;
    if (x === 0) return CHROMA_VERTICAL;
    if (y === 0) return CHROMA_HORIZONTAL;
    let difference = 0;
    for (const { bytes, width } of this.#chroma) {
      const start = 8 * y * width + 8 * x;
      for (let row = 0; row < 8; row += 2)
        for (let i = 0; i < 8; i += 2) {
          const value = bytes[start + row * width + i] ?? 0;
          difference += Math.abs(value - (bytes[start - width + i] ?? 0));
          difference -= Math.abs(value - (bytes[start + row * width - 1] ?? 0));
        }
    }
    return difference <= 0 ? CHROMA_VERTICAL : CHROMA_HORIZONTAL;
  }

  /** @returns 0 without coefficients, 1 with those of DC only, 2 with others; `undefined` when none give it exactly */
  #codeChroma(plane: Plane, at: { x: number; y: number; mode: number; index: number }): number | undefined {
    for (let block = 0; block < 4; block++) sums[block] = sumOf(this.#chromaDifferences(plane, at, block));
    dcLevels(sums, dc, tensions);
    const first = this.#codeChromaBlocks(at.index);
    if (first !== undefined) return first;
    for (let i = 0; i < 4; i++) {
      const step = (tensions[i] ?? 0) < 0 ? -1 : 1;
      dc[i] = (dc[i] ?? 0) + step;
      const found = this.#codeChromaBlocks(at.index);
      if (found !== undefined) return found;
      dc[i] = (dc[i] ?? 0) - step;
    }
    return undefined;
  }

  #codeChromaBlocks(index: number): number | undefined {
    let kind = 0;
    for (let i = 0; i < 4; i++) {
      const level = dc[i] ?? 0;
      if (level !== 0) kind = 1;
      if (level > MOST_LEVEL || level < -MOST_LEVEL) return undefined;
    }
    const scaled = scaledDcs(dc);
    for (let block = 0; block < 4; block++) {
      if (!findLevels(chromaBlocks[block] ?? above, this.#levels, scaled[block])) return undefined;
      const found = this.#scan(this.#chromaScan, (4 * index + block) * 16, 1);
      if (found === undefined) return undefined;
      if (found) kind = 2;
    }
    this.#dc.set(dc, 4 * index);
    return kind;
  }

  #chromaDifferences(
    { bytes, width }: Plane,
    { x, y, mode }: { x: number; y: number; mode: number },
    block: number,
  ): Int32Array {
    const differences = chromaBlocks[block] ?? new Int32Array(16);
    const first = 8 * x + 4 * (block & 1);
    const above = (8 * y - 1) * width + first;
    for (let row = 0; row < 4; row++) {
      const line = (8 * y + 4 * (block >> 1) + row) * width;
      for (let i = 0; i < 4; i++) {
        const at = mode === CHROMA_VERTICAL ? above + i : line + 8 * x - 1;
        const from = mode === CHROMA_MEAN ? MIDDLE : (bytes[at] ?? 0);
        differences[4 * row + i] = (bytes[line + first + i] ?? 0) - from;
      }
    }
    return differences;
  }

  #writeChroma(x: number, y: number, kind: number): void {
    if (kind > 0) for (let start = 0; start < 8; start += 4) writeBlock(this.#writer, this.#dc, start, 4, 0);
    for (const [index, plane] of this.#chroma.entries())
      for (let block = 0; block < 4; block++) {
        const [left, above] = [2 * x + (block & 1), 2 * y + (block >> 1)];
        const start = (4 * index + block) * 16 + 1;
        const usual = kind === 2 ? usualTotal(plane, left, above) : 0;
        const total = kind === 2 ? writeBlock(this.#writer, this.#chromaScan, start, 15, usual) : 0;
        plane.totals[above * plane.blocks + left] = total;
      }
  }

  /** As it is: 384 bytes (7.3.5, pcm_sample_luma). */
  #writeStored(x: number, y: number): void {
    const writer = this.#writer.ue(I_PCM).align();
    for (const plane of [this.#luma, ...this.#chroma]) {
      const size = plane === this.#luma ? 16 : 8;
      for (let row = 0; row < size; row++) {
        const start = (y * size + row) * plane.width + x * size;
        for (let i = 0; i < size; i++) writer.bits(plane.bytes[start + i] ?? 0, 8);
      }
      const side = size / 4;
      for (let row = 0; row < side; row++)
        plane.totals.fill(
          PCM_TOTAL,
          (y * side + row) * plane.blocks + x * side,
          (y * side + row) * plane.blocks + (x + 1) * side,
        );
    }
    for (let row = 0; row < 4; row++) {
      const start = (4 * y + row) * this.#luma.blocks + 4 * x;
      this.#modes.fill(MEAN, start, start + 4);
    }
  }
}

function sumOf(differences: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < 16; i++) sum += differences[i] ?? 0;
  return sum;
}

function bestMode(mean: number, vertical: number, horizontal: number): number {
  if (vertical < mean) return horizontal < vertical ? HORIZONTAL : VERTICAL;
  return horizontal < mean ? HORIZONTAL : MEAN;
}

/** More than any block differs from a prediction. */
const FAR = 1 << 16;
const above = new Int32Array(4);
const left = new Int32Array(4);
const sums = new Int32Array(4);
const dc = new Int32Array(4);
const tensions = new Int32Array(4);
const chromaBlocks = [0, 1, 2, 3].map(() => new Int32Array(16));

/** How many coefficients blocks beside this one have (nC, 9.2.1). */
function usualTotal({ totals, blocks }: Plane, x: number, y: number): number {
  const at = y * blocks + x;
  const left = x > 0 ? (totals[at - 1] ?? 0) : 0;
  const above = y > 0 ? (totals[at - blocks] ?? 0) : 0;
  return x > 0 && y > 0 ? (left + above + 1) >> 1 : left + above;
}
