/**
 * The letters of a burned-in clock. They are drawn here because not every ffmpeg has drawtext, and neither Lambda nor a bare
 * machine has a font (docs/decisions/0056-the-burned-clock-is-overlaid.md).
 */
export const GLYPH_WIDTH = 5;
/** Two rows for marks above capitals, seven for the letter, two for what hangs below. */
export const GLYPH_HEIGHT = 11;
const ABOVE = 2;
const BELOW = 9;

/** Rows from the top of a capital down, each of five pixels: a digit to the base 32, whose highest bit is the left pixel. */
const GLYPHS: Record<string, string> = {
  " ": "0000000",
  ...{ "0": "EHJLPHE", "1": "4C4444E", "2": "EH168GV", "3": "V2421HE", "4": "26AIV22" },
  ...{ "5": "VGU11HE", "6": "68GUHHE", "7": "V124888", "8": "EHHEHHE", "9": "EHHF12C" },
  ...{ A: "EHHVHHH", B: "UHHUHHU", C: "EHGGGHE", D: "SIHHHIS", E: "VGGUGGV", F: "VGGUGGG", G: "EHGNHHF" },
  ...{ H: "HHHVHHH", I: "E44444E", J: "72222IC", K: "HIKOKIH", L: "GGGGGGV", M: "HRLLHHH", N: "HHPLJHH" },
  ...{ O: "EHHHHHE", P: "UHHUGGG", Q: "EHHHLID", R: "UHHUKIH", S: "FGGE11U", T: "V444444", U: "HHHHHHE" },
  ...{ V: "HHHHHA4", W: "HHHLLLA", X: "HHA4AHH", Y: "HHHA444", Z: "V1248GV" },
  ...{ a: "00E1FHF", b: "GGMPHHU", c: "00EGGHE", d: "11DJHHF", e: "00EHVGE", f: "698S888", g: "00FHHHF1E" },
  ...{ h: "GGMPHHH", i: "40C444E", j: "2062222IC", k: "GGIKOKI", l: "C44444E", m: "00QLLHH", n: "00MPHHH" },
  ...{ o: "00EHHHE", p: "00UHHHUGG", q: "00FHHHF11", r: "00MPGGG", s: "00EGE1U", t: "88S8896", u: "00HHHJD" },
  ...{ v: "00HHHA4", w: "00HHLLA", x: "00HA4AH", y: "00HHHHF1E", z: "00V248V" },
  ...{ "!": "4444004", '"': "AAA0000", "#": "AAVAVAA", $: "4FKE5U4", "%": "OP248J3", "&": "CIK8LID" },
  ...{ "'": "4480000", "(": "2488842", ")": "8422248", "*": "04LEL40", "+": "044V440", ",": "000000C48" },
  ...{ "-": "000V000", ".": "00000CC", "/": "01248G0", ":": "0CC0CC0", ";": "0CC000C48", "<": "248G842" },
  ...{ "=": "00V0V00", ">": "8421248", "?": "EH12404", "@": "EHNLNGE", "[": "E88888E", "\\": "0G84210" },
  ...{ "]": "E22222E", "^": "4AH0000", _: "000000V", "`": "8420000", "{": "2448442", "|": "4444444" },
  ...{ "}": "8442448", "~": "008L200", "…": "000000L", "□": "VHHHHHV" },
  ...{ ß: "CIIKIHM", æ: "00Q5FKF", Æ: "FKKVKKN", ø: "001EJLPEG", Ø: "FJJLPPU", œ: "00ALNKB", Œ: "FKKNKKF" },
  ...{ ł: "C46C44E", Ł: "88AC88F", đ: "171DJHF", Đ: "SIHTHIS", ı: "00C444E", ȷ: "0062222IC" },
};

/** Two rows over a letter, by the combining character. */
const MARKS_ABOVE: Record<string, string> = {
  ...{ "\u0300": "84", "\u0301": "24", "\u0302": "4A", "\u0303": "DM", "\u0304": "E0", "\u0306": "HE" },
  ...{ "\u0307": "40", "\u0308": "A0", "\u0309": "62", "\u030a": "CC", "\u030b": "5A", "\u030c": "A4" },
};
/** Two rows below one. */
const MARKS_BELOW: Record<string, string> = { "\u0323": "04", "\u0326": "48", "\u0327": "48", "\u0328": "23" };

const PLAIN: Record<string, string> = {
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
  "‐": "-",
  "‑": "-",
  "–": "-",
  "—": "-",
};
const DOTLESS: Record<string, string> = { i: "ı", j: "ȷ" };

/** What stands for a character that this font lacks. */
export const UNKNOWN = "□";

/** The characters of a text as a reader counts them, each with its marks. */
export function charactersOf(text: string): string[] {
  return Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), ({ segment }) => segment);
}

/** Rows of a character from the top, five bits each; undefined when the font lacks it. Latin letters carry their marks. */
export function glyphOf(character: string): number[] | undefined {
  const [first = "", ...marks] = character.normalize("NFD");
  const letter = PLAIN[first] ?? first;
  const isDotted = marks.some((mark) => mark in MARKS_ABOVE) && letter in DOTLESS;
  const glyph = GLYPHS[isDotted ? (DOTLESS[letter] ?? letter) : letter];
  if (glyph === undefined) return undefined;
  const rows = new Array<number>(GLYPH_HEIGHT).fill(0);
  draw(rows, ABOVE, glyph);
  const isLow = glyph.startsWith("00");
  for (const mark of marks) {
    const [above, below] = [MARKS_ABOVE[mark], MARKS_BELOW[mark]];
    if (above) draw(rows, isLow ? ABOVE - 1 : 0, above);
    else if (below) draw(rows, BELOW, below);
    else return undefined;
  }
  return rows;
}

function draw(rows: number[], top: number, glyph: string): void {
  for (const [y, digit] of [...glyph].entries()) rows[top + y] = (rows[top + y] ?? 0) | Number.parseInt(digit, 32);
}
