import { VerificationError } from "../../errors.ts";
import type { Timeline } from "../../timeline/timeline.ts";
import type { ClipLook } from "../../verify/decode-clip.ts";
import { secondsOfFrames } from "./clock-pictures.ts";
import { drawLines } from "./draw.ts";
import { GLYPH_HEIGHT } from "./font.ts";
import { ADVANCE, type ClockLayout, SIDE_PADDING } from "./layout.ts";

/** What is drawn into a clip's frames, and where. */
export interface BurnedClock extends Pick<Timeline, "expected" | "durationSeconds"> {
  layout: ClockLayout;
}

/** Between black and white. */
const GREY = 125;
/** Pixels of a letter that coding may spoil. Any two digits differ by more than twice as many. */
const MOST_SPOILT = 2;

/**
 * Looks at the box of every frame of a clip whether it says that frame's second, letter by letter.
 * @param times of all frames that will come, ascending
 */
export function clockLook(clock: BurnedClock, times: readonly number[]): ClipLook {
  const { drawing, box, lines } = clock.layout;
  const { width, height } = drawing;
  const seconds = secondsOfFrames(clock);
  let [at, frame] = [-1, 0];
  let drawn: Uint8Array = new Uint8Array();
  let rest: Uint8Array = new Uint8Array();
  const check = (shown: Uint8Array) => {
    const time = times[frame++] ?? Number.POSITIVE_INFINITY;
    while (at < 0 || (at + 1 < seconds.length && time >= (seconds[at]?.untilSeconds ?? 0)))
      drawn = drawLines(lines(seconds[++at]?.wallMs ?? 0), drawing);
    if (isOneSpoilt(shown, drawn, drawing))
      throw new VerificationError(`the clip's frame at ${time.toFixed(3)} s shows another time than its own`);
  };
  return {
    filters: `crop=${box.width}:${box.height}:${box.x}:${box.y}:exact=1,scale=${width}:${height}:flags=area,format=gray`,
    onOutput: (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      const whole = Math.floor(rest.length / (width * height));
      for (let i = 0; i < whole; i++) check(rest.subarray(i * width * height, (i + 1) * width * height));
      rest = rest.subarray(whole * width * height);
    },
  };
}

/** @param shown brightness, a byte a pixel; `drawn` as it was drawn, two */
function isOneSpoilt(shown: Uint8Array, drawn: Uint8Array, { width, height }: ClockLayout["drawing"]): boolean {
  for (let top = 0; top + GLYPH_HEIGHT <= height; top += GLYPH_HEIGHT) {
    for (let left = SIDE_PADDING; left + ADVANCE <= width; left += ADVANCE) {
      let spoilt = 0;
      for (let pixel = 0; pixel < ADVANCE * GLYPH_HEIGHT; pixel++) {
        const place = (top + Math.floor(pixel / ADVANCE)) * width + left + (pixel % ADVANCE);
        if ((shown[place] ?? 0) > GREY !== (drawn[place * 2 + 1] ?? 0) > GREY) spoilt++;
      }
      if (spoilt > MOST_SPOILT) return true;
    }
  }
  return false;
}
