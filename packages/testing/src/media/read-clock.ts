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
  /** Pixels of the frame that one of a letter is wide and high. */
  across: number;
  down: number;
}

/**
 * Reads the clock that is drawn into each frame of a clip, as a person does: it looks for a date, and reads on from there. Of
 * the drawing it knows the letters, and that it lies in the lower left corner.
 * @param size of the frames as they are stored
 * @returns lines with `\n` between them; "" where a frame shows none
 */
export async function readClock(path: string, size: Omit<Frame, "pixels">): Promise<string[]> {
  const texts: string[] = [];
  let place: Place | undefined;
  const read = (pixels: Uint8Array) => {
    const frame = { pixels, ...size };
    if (!place || !DATE.test(lineAt(frame, place).slice(0, 10))) place = findDate(frame);
    texts.push(place ? linesAt(frame, place).join("\n") : "");
  };
  const bytes = size.width * size.height;
  let rest = Buffer.alloc(0);
  const toGrey = ["-noautorotate", "-i", path, "-map", "0:v:0", "-vf", "format=gray"];
  await runFfmpeg({
    ffmpeg: testFfmpeg,
    args: ["-v", "error", ...toGrey, "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"],
    onOutput: (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (; rest.length >= bytes; rest = rest.subarray(bytes)) read(rest.subarray(0, bytes));
    },
  });
  return texts;
}

const FROM_ONE = Array.from({ length: MOST_ENLARGED }, (_, i) => i + 1);

function findDate(frame: Frame): Place | undefined {
  for (const down of FROM_ONE.toReversed()) {
    for (const across of FROM_ONE) {
      for (let y = frame.height >> 1; y + GLYPH_HEIGHT * down <= frame.height; y++) {
        for (let x = 0; x <= frame.width >> 3; x++) {
          const place = { x, y, across, down };
          if (isMillennium(frame, place) && DATE.test(lineAt(frame, place).slice(0, 10))) return place;
        }
      }
    }
  }
  return undefined;
}

/** The upper edge of a `2`: most places are not even that. */
function isMillennium(frame: Frame, place: Place): boolean {
  for (let column = 0; column < GLYPH_WIDTH; column++)
    if (isWhite(frame, place, column, 2) !== (column > 0 && column < 4)) return false;
  return true;
}

function linesAt(frame: Frame, place: Place): string[] {
  const line = lineAt(frame, place).trimEnd();
  return line === "" ? [] : [line, ...linesAt(frame, { ...place, y: place.y + GLYPH_HEIGHT * place.down })];
}

function lineAt(frame: Frame, place: Place): string {
  const character = characterAt(frame, place);
  const next = { ...place, x: place.x + (GLYPH_WIDTH + SPACING) * place.across };
  return character ? character + lineAt(frame, next) : "";
}

function characterAt(frame: Frame, place: Place): string | undefined {
  const { x, y, across, down } = place;
  if (x + GLYPH_WIDTH * across > frame.width || y + GLYPH_HEIGHT * down > frame.height) return undefined;
  const rows = Array.from({ length: GLYPH_HEIGHT }, (_, row) => {
    let bits = 0;
    for (let column = 0; column < GLYPH_WIDTH; column++) bits = bits * 2 + (isWhite(frame, place, column, row) ? 1 : 0);
    return bits;
  });
  return BY_SHAPE.get(rows.join());
}

/** Looks at the middle of a letter's pixel. */
function isWhite({ pixels, width }: Frame, { x, y, across, down }: Place, column: number, row: number): boolean {
  const [left, top] = [x + column * across + (across >> 1), y + row * down + (down >> 1)];
  return (pixels[top * width + left] ?? 0) > GREY;
}
