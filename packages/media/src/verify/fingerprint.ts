import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Box } from "../clock/burned/layout.ts";
import { TIMESCALE } from "../ffmpeg/settings.ts";

/**
 * Frames are compared by what is left of them in so many rows and columns: noise and coding errors are averaged away, and
 * what moves is not. It costs a few percent of decoding.
 */
const SIDE = 32;
const BYTES = SIDE * SIDE;
const SMALL = `scale=${SIDE}:${SIDE}:flags=area,format=gray`;

/** A frame, small. */
export interface Fingerprint {
  /** Presentation time in the clip. */
  seconds: number;
  /** Mean brightness of every cell, row by row. */
  luma: Uint8Array;
}

/** Where a run leaves the fingerprints of one stream. */
export interface FingerprintFiles {
  pictures: string;
  times: string;
}

export function fingerprintFiles(scratch: string, name: string): FingerprintFiles {
  return { pictures: join(scratch, `${name}.gray`), times: join(scratch, `${name}.times`) };
}

/**
 * Filters that make fingerprints of labelled streams.
 * @param inputs labels of streams, whose times are the clip's
 * @param name of the output's labels
 */
export function fingerprintChain(inputs: readonly string[], name: string): string {
  const join = inputs.length > 1 ? `interleave=nb_inputs=${inputs.length},settb=1/${TIMESCALE},` : "";
  const small = inputs.map((input) => `${input}${SMALL}[small${input.slice(1)}`);
  const labels = inputs.map((input) => `[small${input.slice(1)}`);
  return [...small, `${labels.join("")}${join}split[${name}-pictures][${name}-times]`].join(";");
}

/** Arguments that write what `fingerprintChain` makes. */
export function fingerprintOutputs(files: FingerprintFiles, name: string): string[] {
  const output = ["-fps_mode", "passthrough", "-enc_time_base", `1:${TIMESCALE}`, "-c:v", "rawvideo"];
  return [
    ...["-map", `[${name}-pictures]`, ...output, "-f", "rawvideo", files.pictures],
    ...["-map", `[${name}-times]`, ...output, "-f", "framecrc", files.times],
  ];
}

/** Of what ffmpeg's framecrc and framehash write, the lines about packets. */
export function packetLines(text: string): string[] {
  return text.split("\n").filter((line) => /^\d/.test(line));
}

/** Fingerprints in the order in which the frames came. */
export async function readFingerprints(files: FingerprintFiles): Promise<Fingerprint[]> {
  const pictures = await readFile(files.pictures);
  const lines = packetLines(await readFile(files.times, "utf8"));
  return lines.map((line, index) => ({
    seconds: Number(line.split(",")[2]) / TIMESCALE,
    luma: pictures.subarray(index * BYTES, (index + 1) * BYTES),
  }));
}

/** The same frames without the cells that show a part of a box. */
export function besideBox(
  frames: readonly Fingerprint[],
  box: Box,
  { width, height }: Pick<Box, "width" | "height">,
): Fingerprint[] {
  const reaches = (cell: number, from: number, to: number, of: number) =>
    (cell * of) / SIDE < to + 1 && ((cell + 1) * of) / SIDE > from - 1;
  const isBeside = (_: number, cell: number) =>
    !reaches(cell % SIDE, box.x, box.x + box.width, width) ||
    !reaches(Math.floor(cell / SIDE), box.y, box.y + box.height, height);
  return frames.map(({ seconds, luma }) => ({ seconds, luma: luma.filter(isBeside) }));
}
