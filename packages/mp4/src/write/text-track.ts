import type { MuxTrack } from "./mux-track.ts";
import { timedSamples } from "./timed-samples.ts";
import { ascii, box, concat, fullBox, u16, u32 } from "./write-boxes.ts";

/** A text and until when it is shown, units of the track's timescale; each begins where the one before ends, the first at 0. */
export interface TimedText {
  text: string;
  endTicks: number;
}

/** Of the pictures that the text lies over: 16.16 fixed point, as a track header has it. */
type Area = Pick<MuxTrack, "displayWidth" | "displayHeight">;

const IDENTITY = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
/** Packed ISO 639-2 "und". */
const UNDETERMINED = 0x55c4;

/** A track of timed text as players show it over the pictures (3GPP TS 26.245, "tx3g"), along their lower edge. */
export function textTrack(texts: readonly TimedText[], timescale: number, area: Area): MuxTrack {
  const samples = texts.map(({ text, endTicks }) => {
    const bytes = Buffer.from(text, "utf8");
    return { bytes: concat(u16(bytes.length), bytes), endTicks };
  });
  return {
    handler: "sbtl",
    timescale,
    language: UNDETERMINED,
    matrix: IDENTITY,
    ...area,
    mediaHeader: fullBox("nmhd", 0, 0),
    descriptions: [textEntry(area)],
    edit: { shift: 0, from: 0, to: Number.POSITIVE_INFINITY },
    samples: timedSamples(samples),
  };
}

/** White text in the middle of the last sixth of the height. */
function textEntry({ displayWidth, displayHeight }: Area): Uint8Array {
  const [width, height] = [displayWidth >>> 16, displayHeight >>> 16];
  const [centre, bottom] = [1, -1];
  const fontSize = Math.max(8, Math.min(255, Math.round(height * 0.05)));
  const white = [255, 255, 255, 255];
  return box(
    "tx3g",
    Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 1]),
    u32(0),
    Uint8Array.from([centre, bottom & 255, 0, 0, 0, 0]),
    u16(Math.round((height * 5) / 6), 0, height, width),
    concat(u16(0, 0, 1), Uint8Array.from([0, fontSize, ...white])),
    box("ftab", u16(1, 1), Uint8Array.from([5]), ascii("Serif")),
  );
}
