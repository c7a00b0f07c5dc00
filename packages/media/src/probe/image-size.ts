import { open } from "node:fs/promises";

/** ffmpeg writes only small headers before the size; no preview pictures, no colour profiles. */
const HEAD_BYTES = 4096;

/** Reads the size of a JPEG, PNG or lossy WebP from its header. @throws Error when it is none of them. */
export async function imageSize(path: string): Promise<{ width: number; height: number }> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const size = sizeOf(buffer.subarray(0, bytesRead));
    if (size === undefined) throw new Error(`${path}: not a JPEG, PNG or WebP`);
    return size;
  } finally {
    await file.close();
  }
}

function sizeOf(head: Buffer): { width: number; height: number } | undefined {
  if (head.length < 30) return undefined;
  if (head.readUInt32BE(0) === 0x89504e47) return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
  if (head.toString("latin1", 8, 16) === "WEBPVP8 ") {
    return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
  }
  return head.readUInt16BE(0) === 0xffd8 ? jpegSize(head) : undefined;
}

/** Walks over the segments of a JPEG to its frame header (SOF0 to SOF2; ITU-T T.81, B.2.2). */
function jpegSize(head: Buffer): { width: number; height: number } | undefined {
  let position = 2;
  while (position + 9 <= head.length) {
    const marker = head.readUInt16BE(position);
    if (marker >= 0xffc0 && marker <= 0xffc2) {
      return { width: head.readUInt16BE(position + 7), height: head.readUInt16BE(position + 5) };
    }
    position += 2 + head.readUInt16BE(position + 2);
  }
  return undefined;
}
