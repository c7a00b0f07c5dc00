import type { BitWriter } from "./bit-writer.ts";
import {
  type CodeTable,
  chromaDcTokens,
  chromaDcTotalZeros,
  ROW,
  runsBefore,
  tokensBelow2,
  tokensBelow4,
  tokensBelow8,
  tokensFrom8,
  totalZeros,
} from "./cavlc-tables.ts";

/** The largest level code that fits behind 15 zeros: ITU-T H.264, 9.2.2.1. */
const MOST_CODE = 30 + (1 << 12) - 1;
const levels = new Int32Array(16);
const places = new Int32Array(16);

/** What a coefficient may be for its code to be one that every profile has. */
export const MOST_LEVEL = MOST_CODE >> 1;

/**
 * Writes the coefficients of a block (residual_block_cavlc, ITU-T H.264, 7.3.5.3.2 and 9.2).
 * @param scan coefficients in the order in which they are written
 * @param start of those of the block
 * @param size how many there are: 16, 15 or, of chroma's DC, 4
 * @param usual how many of them are not 0 in the blocks beside this one (nC)
 * @returns how many are not 0
 */
export function writeBlock(writer: BitWriter, scan: Int32Array, start: number, size: number, usual: number): number {
  let total = 0;
  for (let i = size - 1; i >= 0; i--) {
    const level = scan[start + i] ?? 0;
    if (level === 0) continue;
    levels[total] = level;
    places[total++] = i;
  }
  let ones = 0;
  while (ones < total && ones < 3 && Math.abs(levels[ones] ?? 0) === 1) ones++;
  put(writer, tokensFor(size, usual), total, ones);
  if (total === 0) return 0;
  for (let i = 0; i < ones; i++) writer.bits((levels[i] ?? 0) < 0 ? 1 : 0, 1);
  writeLevels(writer, total, ones);
  const last = places[0] ?? 0;
  let zeros = last + 1 - total;
  if (total < size) put(writer, size === 4 ? chromaDcTotalZeros : totalZeros, total - 1, zeros);
  for (let i = 0; i < total - 1 && zeros > 0; i++) {
    const run = (places[i] ?? 0) - (places[i + 1] ?? 0) - 1;
    put(writer, runsBefore, Math.min(zeros, 7) - 1, run);
    zeros -= run;
  }
  return total;
}

function tokensFor(size: number, usual: number): CodeTable {
  if (size === 4) return chromaDcTokens;
  if (usual < 2) return tokensBelow2;
  if (usual < 4) return tokensBelow4;
  return usual < 8 ? tokensBelow8 : tokensFrom8;
}

function put(writer: BitWriter, table: CodeTable, row: number, place: number): void {
  const at = row * ROW + place;
  writer.bits(table.codes[at] ?? 0, table.lengths[at] ?? 0);
}

/** Levels behind the trailing ones: 9.2.2.1, the other way round. */
function writeLevels(writer: BitWriter, total: number, ones: number): void {
  let suffix = total > 10 && ones < 3 ? 1 : 0;
  for (let i = ones; i < total; i++) {
    const level = levels[i] ?? 0;
    let code = level > 0 ? 2 * level - 2 : -2 * level - 1;
    if (i === ones && ones < 3) code -= 2;
    if (suffix === 0) {
      if (code < 14) writer.bits(1, code + 1);
      else if (code < 30) writer.bits(1, 15).bits(code - 14, 4);
      else writer.bits(1, 16).bits(code - 30, 12);
      suffix = 1;
    } else if (code < 15 << suffix) {
      writer.bits(1, (code >> suffix) + 1).bits(code & ((1 << suffix) - 1), suffix);
    } else {
      writer.bits(1, 16).bits(code - (15 << suffix), 12);
    }
    if (Math.abs(level) > 3 << (suffix - 1) && suffix < 6) suffix++;
  }
}
