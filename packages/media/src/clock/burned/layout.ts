import type { ClockLabel } from "../../media-engine.ts";
import type { Shape } from "../../probe/picture.ts";
import { clockParts } from "../clock-text.ts";
import { charactersOf, GLYPH_HEIGHT, GLYPH_WIDTH } from "./font.ts";

/** How a clock is drawn into pictures of one size. */
export interface ClockLayout {
  lines(wallMs: number): string[];
  /** Size of the drawing, before it is enlarged; both even. */
  drawing: { width: number; height: number };
  /** Where it lies in the picture, pixels; all even, because colour has half the pixels. */
  box: Box;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Pixels of the drawing: from one letter to the next, on both sides of a line, and around the box. */
export const ADVANCE = GLYPH_WIDTH + 1;
export const SIDE_PADDING = 2;
const MARGIN = 2;
/** A letter's pixel is enlarged once for so many lines of the picture's shorter side: 28 pixels a capital at 1080 lines. */
const LINES_A_PIXEL = 270;
const MOST_OF_HEIGHT = 1 / 2;
/** Lines have the same length at any instant since offsets are whole minutes. */
const ANY_MS = Date.UTC(2000, 0);

/** From one line to as many as there are parts: as few as fit. */
const WAYS = [
  ([date, time, offset]: Parts, name: string) => [`${date} ${time} ${offset}  ${name}`.trimEnd()],
  ([date, time, offset]: Parts, name: string) => [`${date} ${time} ${offset}`, name],
  ([date, time, offset]: Parts, name: string) => [date, `${time} ${offset}`, name],
  ([date, time, offset]: Parts, name: string) => [date, time, offset, name],
];
type Parts = [date: string, time: string, offset: string];

/**
 * The lower left corner, in letters as large as the picture's size asks for, or as fit. A name that is wider than the picture is
 * cut off.
 * @returns undefined when the picture is too small for date and time.
 */
export function clockLayout({ zone, name }: ClockLabel, picture: Shape): ClockLayout | undefined {
  const parts = clockParts(zone);
  const shorter = Math.min(picture.width * picture.sampleAspect, picture.height);
  for (let scale = Math.ceil(shorter / LINES_A_PIXEL); scale >= 1; scale--) {
    const most = mostColumns(picture, scale);
    for (const [index, way] of WAYS.entries()) {
      const shown = index === 0 ? name : cutOff(name, most);
      const lines = (wallMs: number) => way(parts(wallMs), shown).filter(Boolean);
      const sample = lines(ANY_MS).map((line) => charactersOf(line).length);
      const columns = Math.max(...sample);
      if (columns > most) continue;
      const drawing = {
        width: even(columns * ADVANCE - 1 + 2 * SIDE_PADDING),
        height: even(sample.length * GLYPH_HEIGHT),
      };
      const box = boxOf(drawing, picture, scale);
      if (box.height > picture.height * MOST_OF_HEIGHT) continue;
      return { lines, drawing, box };
    }
  }
  return undefined;
}

/** Pixels of the picture that one of the drawing is wide: a whole number, so that no line of a letter is lost. */
const across = ({ sampleAspect }: Shape, scale: number): number => Math.max(1, Math.round(scale / sampleAspect));

function mostColumns(picture: Shape, scale: number): number {
  const pixels = Math.floor(picture.width / across(picture, scale)) - 2 * MARGIN - 2 * SIDE_PADDING;
  return Math.floor((pixels + 1) / ADVANCE);
}

function boxOf(drawing: ClockLayout["drawing"], picture: Shape, scale: number): Box {
  const box = { width: drawing.width * across(picture, scale), height: drawing.height * scale };
  return { ...box, x: MARGIN * across(picture, scale), y: picture.height - box.height - MARGIN * scale };
}

function cutOff(name: string, columns: number): string {
  const characters = charactersOf(name);
  return characters.length <= columns ? name : `${characters.slice(0, Math.max(0, columns - 1)).join("")}…`;
}

const even = (pixels: number): number => 2 * Math.ceil(pixels / 2);
