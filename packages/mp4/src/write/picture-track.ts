import type { MuxTrack } from "./mux-track.ts";
import { timedSamples } from "./timed-samples.ts";
import { box, fullBox, u16, u32 } from "./write-boxes.ts";

/** A picture and until when it is shown, units of the track's timescale; each begins where the one before ends, the first at 0. */
export interface TimedPicture {
  /** Rows of `U Y V Y`, two bytes a pixel, 8 bits each (QuickTime, "2vuy"). */
  pixels: Uint8Array;
  endTicks: number;
}

const IDENTITY = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
/** Packed ISO 639-2 "und". */
const UNDETERMINED = 0x55c4;
const INCH_DOTS = 72 * 0x10000;
const DEPTH = 24;

/** A track of pictures as they are, for what is drawn: no encoder is asked. `width` is even. */
export function pictureTrack(
  pictures: readonly TimedPicture[],
  timescale: number,
  { width, height }: { width: number; height: number },
): MuxTrack {
  return {
    handler: "vide",
    timescale,
    language: UNDETERMINED,
    matrix: IDENTITY,
    displayWidth: width * 0x10000,
    displayHeight: height * 0x10000,
    mediaHeader: fullBox("vmhd", 0, 1, u32(0, 0)),
    descriptions: [rawEntry(width, height)],
    edit: { shift: 0, from: 0, to: Number.POSITIVE_INFINITY },
    samples: timedSamples(pictures.map(({ pixels, endTicks }) => ({ bytes: pixels, endTicks }))),
  };
}

/** ISO/IEC 14496-12, 12.1.3. */
function rawEntry(width: number, height: number): Uint8Array {
  const [framesPerSample, noName] = [1, new Uint8Array(32)];
  return box(
    "2vuy",
    u16(0, 0, 0, 1),
    new Uint8Array(16),
    u16(width, height),
    u32(INCH_DOTS, INCH_DOTS, 0),
    u16(framesPerSample),
    noName,
    u16(DEPTH, -1),
  );
}
