/**
 * Coefficients out of which decoders make a block of differences exactly. At the finest quantizer (0) steps are 0.625 of a value: rounded
 * coefficients give all 16 differences of nine in ten blocks. In the others, one or two coefficients that are rounded the other way do.
 */

/** Of the quantizer 0, by row and column: ITU-T H.264, 8.5.9. */
const SCALES = Int32Array.of(10, 13, 10, 13, 13, 16, 13, 16, 10, 13, 10, 13, 13, 16, 13, 16);
/** What coefficients of the forward transform are multiplied with, of 2^15: the other way round. */
const FACTORS = SCALES.map((scale) => ({ 10: 13_107, 13: 8066, 16: 5243 })[scale] ?? 0);
const HALF = 1 << 14;

const transformed = new Int32Array(16);
const made = new Int32Array(16);
const rows = new Int32Array(16);
/** How far each coefficient is from being rounded the other way, and which way that is. */
const tension = new Int32Array(16);
const order = new Int32Array(16);

/** The forward transform of 4 x 4 differences. */
function transform(differences: Int32Array, output: Int32Array): void {
  for (let i = 0; i < 16; i += 4) {
    const a = differences[i] ?? 0;
    const b = differences[i + 1] ?? 0;
    const c = differences[i + 2] ?? 0;
    const d = differences[i + 3] ?? 0;
    rows[i] = a + b + c + d;
    rows[i + 1] = 2 * a + b - c - 2 * d;
    rows[i + 2] = a - b - c + d;
    rows[i + 3] = a - 2 * b + 2 * c - d;
  }
  for (let i = 0; i < 4; i++) {
    const a = rows[i] ?? 0;
    const b = rows[i + 4] ?? 0;
    const c = rows[i + 8] ?? 0;
    const d = rows[i + 12] ?? 0;
    output[i] = a + b + c + d;
    output[i + 4] = 2 * a + b - c - 2 * d;
    output[i + 8] = a - b - c + d;
    output[i + 12] = a - 2 * b + 2 * c - d;
  }
}

/** Whether decoders make these differences out of the coefficients (8.5.12). */
function isExact(levels: Int32Array, dc: number | undefined, differences: Int32Array): boolean {
  for (let i = 0; i < 16; i++) made[i] = (levels[i] ?? 0) * (SCALES[i] ?? 0);
  if (dc !== undefined) made[0] = dc;
  for (let i = 0; i < 16; i += 4) {
    const a = made[i] ?? 0;
    const b = made[i + 1] ?? 0;
    const c = made[i + 2] ?? 0;
    const d = made[i + 3] ?? 0;
    const e = a + c;
    const f = a - c;
    const g = (b >> 1) - d;
    const h = b + (d >> 1);
    made[i] = e + h;
    made[i + 1] = f + g;
    made[i + 2] = f - g;
    made[i + 3] = e - h;
  }
  for (let i = 0; i < 4; i++) {
    const a = made[i] ?? 0;
    const b = made[i + 4] ?? 0;
    const c = made[i + 8] ?? 0;
    const d = made[i + 12] ?? 0;
    const e = a + c;
    const f = a - c;
    const g = (b >> 1) - d;
    const h = b + (d >> 1);
    if ((e + h + 32) >> 6 !== differences[i]) return false;
    if ((f + g + 32) >> 6 !== differences[i + 4]) return false;
    if ((f - g + 32) >> 6 !== differences[i + 8]) return false;
    if ((e - h + 32) >> 6 !== differences[i + 12]) return false;
  }
  return true;
}

/**
 * @param levels gets the coefficients, row by row
 * @param dc what the first one is after scaling, where it is coded elsewhere
 * @returns whether there are any
 */
export function findLevels(differences: Int32Array, levels: Int32Array, dc?: number): boolean {
  transform(differences, transformed);
  for (let i = 0; i < 16; i++) {
    const scaled = (transformed[i] ?? 0) * (FACTORS[i] ?? 0);
    levels[i] = (scaled + HALF) >> 15;
    tension[i] = scaled - (levels[i] ?? 0) * 2 * HALF;
  }
  if (dc !== undefined) levels[0] = 0;
  return isExact(levels, dc, differences) || isExactOtherwise(levels, dc, differences);
}

function isExactOtherwise(levels: Int32Array, dc: number | undefined, differences: Int32Array): boolean {
  const first = dc === undefined ? 0 : 1;
  let count = 0;
  for (let i = first; i < 16; i++) order[count++] = i;
  const own = order.subarray(0, count).sort((a, b) => Math.abs(tension[b] ?? 0) - Math.abs(tension[a] ?? 0));
  for (let i = 0; i < count; i++) {
    turn(levels, own[i] ?? 0, 1);
    if (isExact(levels, dc, differences)) return true;
    turn(levels, own[i] ?? 0, -1);
  }
  for (let i = 0; i < count; i++) {
    turn(levels, own[i] ?? 0, 1);
    for (let k = i + 1; k < count; k++) {
      turn(levels, own[k] ?? 0, 1);
      if (isExact(levels, dc, differences)) return true;
      turn(levels, own[k] ?? 0, -1);
    }
    turn(levels, own[i] ?? 0, -1);
  }
  return false;
}

function turn(levels: Int32Array, index: number, by: 1 | -1): void {
  levels[index] = (levels[index] ?? 0) + ((tension[index] ?? 0) < 0 ? -by : by);
}

const dcs = new Int32Array(4);

/** What decoders make of the DC coefficients of a chroma plane's four blocks: 8.5.11. */
export function scaledDcs(levels: Int32Array): Int32Array {
  const a = levels[0] ?? 0;
  const b = levels[1] ?? 0;
  const c = levels[2] ?? 0;
  const d = levels[3] ?? 0;
  dcs[0] = 5 * (a + b + c + d);
  dcs[1] = 5 * (a - b + c - d);
  dcs[2] = 5 * (a + b - c - d);
  dcs[3] = 5 * (a - b - c + d);
  return dcs;
}

/** DC coefficients for the sums of four blocks' differences, and how far each is from being rounded the other way. */
export function dcLevels(sums: Int32Array, levels: Int32Array, tensions: Int32Array): void {
  const a = sums[0] ?? 0;
  const b = sums[1] ?? 0;
  const c = sums[2] ?? 0;
  const d = sums[3] ?? 0;
  levels[0] = a + b + c + d;
  levels[1] = a - b + c - d;
  levels[2] = a + b - c - d;
  levels[3] = a - b - c + d;
  for (let i = 0; i < 4; i++) {
    const scaled = (levels[i] ?? 0) * DC_FACTOR;
    levels[i] = (scaled + 2 * HALF) >> 16;
    tensions[i] = scaled - (levels[i] ?? 0) * 4 * HALF;
  }
}

/** Of 2^16: the DC coefficient of each block is halved once more. */
const DC_FACTOR = 13_107;
