import { charactersOf, GLYPH_HEIGHT, GLYPH_WIDTH, glyphOf, UNKNOWN } from "./font.ts";
import { ADVANCE, type ClockLayout, SIDE_PADDING } from "./layout.ts";

const BLACK = 16;
const WHITE = 235;
const NO_COLOUR = 128;

/** White letters on black, rows of `U Y V Y`. */
export function drawLines(lines: readonly string[], { width, height }: ClockLayout["drawing"]): Uint8Array {
  const pixels = new Uint8Array(width * height * 2).map((_, i) => (i % 2 === 0 ? NO_COLOUR : BLACK));
  for (const [row, line] of lines.entries()) {
    for (const [column, character] of charactersOf(line).entries()) {
      const rows = glyphOf(character) ?? glyphOf(UNKNOWN) ?? [];
      const [left, top] = [SIDE_PADDING + column * ADVANCE, row * GLYPH_HEIGHT];
      for (const [y, bits] of rows.entries()) {
        for (let x = 0; x < GLYPH_WIDTH; x++) {
          if ((bits >> (GLYPH_WIDTH - 1 - x)) & 1) pixels[((top + y) * width + left + x) * 2 + 1] = WHITE;
        }
      }
    }
  }
  return pixels;
}
