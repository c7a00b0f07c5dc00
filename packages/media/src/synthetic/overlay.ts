import { CODE_COLUMNS, CODE_ROWS, codeBlocks } from "./frame-code.ts";
import { drawText, GLYPH_HEIGHT } from "./glyphs.ts";

/** Width in pixels of the small picture that carries a frame's code and its clock text; ffmpeg scales it up. */
export const OVERLAY_WIDTH = 128;
export const TEXT_HEIGHT = GLYPH_HEIGHT + 3;
export const OVERLAY_HEIGHT = CODE_ROWS + TEXT_HEIGHT;
const BLACK = 16;
const WHITE = 235;
const NO_COLOUR = 128;

/** One yuv420p picture, 128 x 10: two rows of code blocks, below them the text. */
export function overlayPicture(code: number, text: string): Uint8Array {
  const picture = new Uint8Array(OVERLAY_WIDTH * OVERLAY_HEIGHT * 1.5).fill(NO_COLOUR);
  picture.fill(BLACK, 0, OVERLAY_WIDTH * OVERLAY_HEIGHT);
  const blockWidth = OVERLAY_WIDTH / CODE_COLUMNS;
  for (const [index, white] of codeBlocks(code).entries()) {
    const start = Math.floor(index / CODE_COLUMNS) * OVERLAY_WIDTH + (index % CODE_COLUMNS) * blockWidth;
    if (white) picture.fill(WHITE, start, start + blockWidth);
  }
  drawText(text, OVERLAY_WIDTH, (x, y) => {
    picture[(CODE_ROWS + 1 + y) * OVERLAY_WIDTH + x] = WHITE;
  });
  return picture;
}
