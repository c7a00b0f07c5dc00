import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphOf } from "../../../media/src/clock/burned/font.ts";
import { runFfmpeg } from "../../../media/src/ffmpeg/run-ffmpeg.ts";
import { testFfmpeg } from "../ffmpeg.ts";

/** Characters that may stand in a clock. Two of one shape do not. */
const KNOWN = [...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)), ..."äöüÄÖÜéÅşß…□"];
const BY_SHAPE = new Map(KNOWN.map((character) => [glyphOf(character)?.join() ?? "", character]));
const DATE = /^\d{4}-\d\d-\d\d$/;
const GREY = 125;
const MOST_ENLARGED = 10;
const SPACING = 1;

interface Frame {
  pixels: Uint8Array;
  width: number;
  height: number;
}
interface Place {
  x: number;
  y: number;
  scale: number;
}

/**
 * Reads the clock that is drawn into each frame of a clip, as a person does: it looks for a date, and reads on from there. Of
 * the drawing it knows the letters only.
 * @param width of the frames as they are shown, with square pixels
 * @returns lines with `\n` between them; "" where a frame shows none
 */
export async function readClock(path: string, { width, height }: Omit<Frame, "pixels">): Promise<string[]> {
  const texts: string[] = [];
  let place: Place | undefined;
  let rest = Buffer.alloc(0);
  const read = (pixels: Uint8Array) => {
    const frame = { pixels, width, height };
    if (!place || !DATE.test(lineAt(frame, place).slice(0, 10))) place = findDate(frame);
    texts.push(place ? linesAt(frame, place).join("\n") : "");
  };
  const format = `scale=${width}:${height}:flags=area,format=gray`;
  await runFfmpeg({
    ffmpeg: testFfmpeg,
    args: [
      "-v",
      "error",
      "-i",
      path,
      "-map",
      "0:v:0",
      "-vf",
      format,
      "-fps_mode",
      "passthrough",
      "-f",
      "rawvideo",
      "pipe:1",
    ],
    onOutput: (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (; rest.length >= width * height; rest = rest.subarray(width * height))
        read(rest.subarray(0, width * height));
    },
  });
  return texts;
}

function findDate(frame: Frame): Place | undefined {
  for (let scale = MOST_ENLARGED; scale >= 1; scale--) {
    for (let y = 0; y + GLYPH_HEIGHT * scale <= frame.height; y++) {
      for (let x = 0; x + 10 * (GLYPH_WIDTH + SPACING) * scale <= frame.width; x++) {
        const place = { x, y, scale };
        if (isMillennium(frame, place) && DATE.test(lineAt(frame, place).slice(0, 10))) return place;
      }
    }
  }
  return undefined;
}

/** The upper edge of a `2`: most places are not even that. */
function isMillennium({ pixels, width }: Frame, { x, y, scale }: Place): boolean {
  const line = (y + 2 * scale + Math.floor(scale / 2)) * width + x + Math.floor(scale / 2);
  return [0, 1, 2, 3, 4].every((column) => {
    const isWhite = (pixels[line + column * scale] ?? 0) > GREY;
    return isWhite === (column > 0 && column < 4);
  });
}

function linesAt(frame: Frame, { x, y, scale }: Place): string[] {
  const line = lineAt(frame, { x, y, scale }).trimEnd();
  return line === "" ? [] : [line, ...linesAt(frame, { x, y: y + GLYPH_HEIGHT * scale, scale })];
}

function lineAt(frame: Frame, { x, y, scale }: Place): string {
  const character = characterAt(frame, { x, y, scale });
  return character ? character + lineAt(frame, { x: x + (GLYPH_WIDTH + SPACING) * scale, y, scale }) : "";
}

/** Looks at the middle of each of its pixels. */
function characterAt({ pixels, width, height }: Frame, { x, y, scale }: Place): string | undefined {
  if (x + GLYPH_WIDTH * scale > width || y + GLYPH_HEIGHT * scale > height) return undefined;
  const middle = Math.floor(scale / 2);
  const rows = Array.from({ length: GLYPH_HEIGHT }, (_, row) => {
    let bits = 0;
    for (let column = 0; column < GLYPH_WIDTH; column++) {
      const at = (y + row * scale + middle) * width + x + column * scale + middle;
      bits = bits * 2 + ((pixels[at] ?? 0) > GREY ? 1 : 0);
    }
    return bits;
  });
  return BY_SHAPE.get(rows.join());
}
