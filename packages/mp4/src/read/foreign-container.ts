/** Another container than MP4, as people call it. */
export interface ForeignContainer {
  name: string;
  /** It is handed on whole, for ffmpeg; the others are not read at all. */
  isRead: boolean;
}

const read = (name: string): ForeignContainer => ({ name, isRead: true });
const unread = (name: string): ForeignContainer => ({ name, isRead: false });

/** What is looked at, so that a transport stream is found which begins within a packet. */
export const FOREIGN_HEAD_BYTES = 8 * 1024;
const OUT_OF_STEP_BYTES = 4 * 1024;

/** Packets of 188 bytes, behind four bytes of arrival time, or before sixteen of error correction. */
function isTransportStream(head: Uint8Array, within = 0): boolean {
  return [188, 192, 204].some((step) => {
    const isInStep = (first: number, packets: number) =>
      Array.from({ length: packets }, (_, i) => head[first + i * step]).every((byte) => byte === 0x47);
    if (within === 0) return isInStep(step === 192 ? 4 : 0, 3);
    return Array.from({ length: within }, (_, first) => first).some((first) => isInStep(first, 6));
  });
}

/** Names the container that a file starts like, when it is one that cameras and recorders write. */
export function foreignContainer(head: Uint8Array): ForeignContainer | undefined {
  const startsWith = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  const ascii = (from: number, to: number) => String.fromCharCode(...head.subarray(from, to));
  if (startsWith(0x1a, 0x45, 0xdf, 0xa3)) return read("Matroska or WebM");
  if (ascii(0, 4) === "RIFF" && ascii(8, 12) === "AVI ") return read("AVI");
  if (isTransportStream(head)) return read("an MPEG transport stream");
  if (ascii(0, 3) === "FLV") return unread("FLV");
  if (startsWith(0, 0, 1, 0xba)) return unread("an MPEG program stream (MPEG-PS)");
  if (ascii(0, 4) === "IMKH") return unread("a Hikvision recording (IMKH, an MPEG program stream)");
  if (ascii(0, 4) === "DHAV") return unread("a Dahua recording (DHAV)");
  if (ascii(0, 4) === "OggS") return unread("Ogg");
  if (startsWith(0x30, 0x26, 0xb2, 0x75)) return unread("Windows Media (ASF)");
  if (isTransportStream(head, OUT_OF_STEP_BYTES)) return read("an MPEG transport stream");
  // A NAL unit behind a start code: parameter set, delimiter, supplemental information, sometimes a slice at once.
  const nal = startsWith(0, 0, 0, 1) ? head[4] : startsWith(0, 0, 1) ? head[3] : undefined;
  const isRaw =
    nal !== undefined && ([1, 5, 6, 7, 8, 9].includes(nal & 0x9f) || [0x40, 0x42, 0x44, 0x46, 0x4e].includes(nal));
  return isRaw ? unread("a raw video stream (H.264 or H.265 without a container)") : undefined;
}
