/**
 * A number that every frame of a test recording shows as 2 rows of 16 black or white blocks along its upper edge: 24 bits
 * of the number, 8 bits of check. Blocks of a tenth of the picture's width survive low quality and scaling.
 */
export const CODE_COLUMNS = 16;
export const CODE_ROWS = 2;
/** Part of the picture's height that the blocks take. */
export const CODE_HEIGHT = 0.12;
export const MAX_CODE = 2 ** 24 - 1;

/** @returns the blocks of a code, row by row, true is white. */
export function codeBlocks(code: number): boolean[] {
  const word = code * 256 + check(code);
  const count = CODE_COLUMNS * CODE_ROWS;
  return Array.from({ length: count }, (_, i) => Math.floor(word / 2 ** (count - 1 - i)) % 2 === 1);
}

/** @returns the number that the blocks show, or null when they show none (a black frame, another picture). */
export function readBlocks(blocks: readonly boolean[]): number | null {
  const word = blocks.reduce((value, white) => value * 2 + (white ? 1 : 0), 0);
  const code = Math.floor(word / 256);
  return word % 256 === check(code) ? code : null;
}

/** Not 0 for code 0, so that black is no code, and different for neighbours, so that a blend of two frames is none. */
function check(code: number): number {
  const bytes = [code % 256, Math.floor(code / 256) % 256, Math.floor(code / 65536)];
  return bytes.reduce((sum, byte, i) => (sum * 31 + byte * (i + 7)) % 251, 90) + 1;
}
