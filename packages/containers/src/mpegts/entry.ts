/** How much of a frame is looked at: parameter sets and messages come before its first slice. */
const MOST_HEAD_BYTES = 16 * 1024;

type Nal = { type: number; at: number };

/**
 * How decoding can start with a frame, by how it begins (Annex B): an IDR picture, or an intra picture from which all is
 * right (a recovery point of no frames; IRAP pictures of H.265), that brings its parameter sets along.
 * @returns undefined when more bytes are needed
 */
export function entryOf(head: Buffer, codec: "h264" | "hevc"): "closed" | "open" | "none" | undefined {
  const seen = new Set<number>();
  let recovers = false;
  for (const { type, at } of nals(head, codec)) {
    if (codec === "h264") {
      if (type === 6) recovers ||= isRecoveryPoint(head.subarray(at + 1, endOf(head, at)));
      if (type >= 1 && type <= 5) {
        const hasSets = seen.has(7) && seen.has(8);
        return hasSets && type === 5 ? "closed" : hasSets && recovers ? "open" : "none";
      }
    } else if (type <= 31) {
      const hasSets = [32, 33, 34].every((set) => seen.has(set));
      return hasSets && type >= 16 && type <= 20 ? "closed" : hasSets && type === 21 ? "open" : "none";
    }
    seen.add(type);
  }
  return head.length < MOST_HEAD_BYTES ? undefined : "none";
}

/** NAL units whose first bytes are there: one more follows the start code. */
function* nals(bytes: Buffer, codec: "h264" | "hevc"): Generator<Nal> {
  for (let at = bytes.indexOf(START); at >= 0 && at + 4 < bytes.length; at = bytes.indexOf(START, at + 3)) {
    const first = bytes.readUInt8(at + 3);
    yield { type: codec === "h264" ? first & 31 : (first >> 1) & 63, at: at + 3 };
  }
}
const START = Buffer.from([0, 0, 1]);

function endOf(bytes: Buffer, at: number): number {
  const next = bytes.indexOf(START, at);
  return next < 0 ? bytes.length : next;
}

/** Supplemental information of type 6 (ITU-T H.264, D.1.8); its first bit says that no frames are needed. */
function isRecoveryPoint(sei: Buffer): boolean {
  for (let at = 0; at + 2 < sei.length; ) {
    let [type, size] = [0, 0];
    for (; sei[at] === 0xff; at++) type += 255;
    type += sei[at++] ?? 0;
    for (; sei[at] === 0xff; at++) size += 255;
    size += sei[at++] ?? 0;
    if (type === 6) return ((sei[at] ?? 0) & 0x80) !== 0;
    at += size;
  }
  return false;
}
