import { open } from "node:fs/promises";

const FIXED_POINT_ONE = 0x10000;
/** Distance from the type field of a version 0 track header to its matrix (ISO/IEC 14496-12, 8.3.2). */
const MATRIX_OFFSET = 44;
const HEAD_BYTES = 1 << 20;

/** Sets the display matrix of the first track, as a camera that hangs on its side does. The moov box must come first. */
export async function rotateTrack(path: string, degrees: 90 | 180 | 270): Promise<void> {
  const file = await open(path, "r+");
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    await file.read(head, 0, HEAD_BYTES, 0);
    const type = head.indexOf("tkhd", 0, "latin1");
    if (type < 0) throw new Error(`${path}: no track header in its first megabyte`);
    const [a, b] = { 90: [0, 1], 180: [-1, 0], 270: [0, -1] }[degrees] as [number, number];
    const matrix = Buffer.alloc(20);
    for (const [index, value] of [a, b, 0, -b, a].entries()) matrix.writeInt32BE(value * FIXED_POINT_ONE, index * 4);
    await file.write(matrix, 0, matrix.length, type + MATRIX_OFFSET);
  } finally {
    await file.close();
  }
}
