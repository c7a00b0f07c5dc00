import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFfmpeg } from "../ffmpeg/find/find-ffmpeg.ts";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { CODE_COLUMNS, CODE_HEIGHT, CODE_ROWS, readBlocks } from "./frame-code.ts";

export interface DecodedFrame {
  /** Null when the frame shows no code: black, or not of a test recording. */
  code: number | null;
  /** Presentation time in the file. */
  seconds: number;
}

const CELL = 4;
const WIDTH = CODE_COLUMNS * CELL;
const HEIGHT = CODE_ROWS * CELL;
const MIDDLE_GREY = 125;

/**
 * Decodes a clip and reads the code and the presentation time of every frame, in presentation order.
 * @param fromSeconds where decoding starts, as when a player is sent there: at the keyframe before it
 */
export async function readFrameCodes(path: string, program?: string, fromSeconds?: number): Promise<DecodedFrame[]> {
  const folder = await mkdtemp(join(tmpdir(), "camclips-codes-"));
  try {
    const times = join(folder, "times");
    const pixels: Uint8Array[] = [];
    const crop = `crop=iw:floor(ih*${CODE_HEIGHT}/2+0.5)*2:0:0:exact=1,scale=${WIDTH}:${HEIGHT}:flags=area`;
    const seek = ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", String(fromSeconds)];
    const output = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000"];
    await runFfmpeg({
      ffmpeg: program ?? (await findFfmpeg(process.env)),
      args: [
        ...["-v", "error", "-y", "-copyts", ...(fromSeconds === undefined ? [] : seek), "-i", path],
        ...["-filter_complex", `[0:v:0]${crop},format=yuv420p,extractplanes=y,split[pixels][times]`],
        ...["-map", "[pixels]", ...output, "-f", "rawvideo", "pipe:1"],
        ...["-map", "[times]", ...output, "-f", "framecrc", times],
      ],
      onOutput: (chunk) => {
        pixels.push(chunk);
      },
    });
    return combine(Buffer.concat(pixels), await readFile(times, "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function combine(pixels: Uint8Array, times: string): DecodedFrame[] {
  const timeBase = /^#tb 0: (\d+)\/(\d+)$/m.exec(times);
  const unit = Number(timeBase?.[1] ?? 1) / Number(timeBase?.[2] ?? 1);
  const lines = times.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line, index) => {
    const picture = pixels.subarray(index * WIDTH * HEIGHT, (index + 1) * WIDTH * HEIGHT);
    return { code: readBlocks(blocksOf(picture)), seconds: Number(line.split(",")[2]) * unit };
  });
}

/** Looks at the middle of each block only: its edges are blurred by scaling. */
function blocksOf(picture: Uint8Array): boolean[] {
  const blocks: boolean[] = [];
  for (let row = 0; row < CODE_ROWS; row++) {
    for (let column = 0; column < CODE_COLUMNS; column++) {
      let sum = 0;
      for (const [x, y] of [
        [1, 1],
        [2, 1],
        [1, 2],
        [2, 2],
      ] as const) {
        sum += picture[(row * CELL + y) * WIDTH + column * CELL + x] ?? 0;
      }
      blocks.push(sum / 4 > MIDDLE_GREY);
    }
  }
  return blocks;
}
