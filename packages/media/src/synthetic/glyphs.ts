/** Drawn here, because not every ffmpeg has drawtext and not every machine has a font. */
export const GLYPH_HEIGHT = 5;
const GLYPH_WIDTH = 3;

/** Each glyph is 3 pixels wide and 5 high: five rows of three bits, as octal digits from top to bottom. */
const glyphs: Record<string, string> = {
  "0": "75557",
  "1": "26227",
  "2": "71747",
  "3": "71717",
  "4": "55711",
  "5": "74717",
  "6": "74757",
  "7": "71111",
  "8": "75757",
  "9": "75717",
  A: "25755",
  B: "65656",
  C: "34443",
  D: "65556",
  E: "74647",
  F: "74644",
  G: "34553",
  H: "55755",
  I: "72227",
  J: "11152",
  K: "55655",
  L: "44447",
  M: "57755",
  N: "65555",
  O: "25552",
  P: "65644",
  Q: "25563",
  R: "65655",
  S: "34216",
  T: "72222",
  U: "55557",
  V: "55552",
  W: "55775",
  X: "55255",
  Y: "55222",
  Z: "71247",
  "-": "00700",
  ":": "02020",
  ".": "00002",
};

/** Calls `set` for every white pixel of a line of text that begins at the left and is cut off at `width`. */
export function drawText(text: string, width: number, set: (x: number, y: number) => void): void {
  for (const [index, character] of [...text.toUpperCase()].entries()) {
    const left = 2 + index * (GLYPH_WIDTH + 1);
    if (left + GLYPH_WIDTH > width) return;
    for (const [y, row] of [...(glyphs[character] ?? "")].entries()) {
      for (let x = 0; x < GLYPH_WIDTH; x++) {
        if ((Number(row) >> (GLYPH_WIDTH - 1 - x)) & 1) set(left + x, y);
      }
    }
  }
}
