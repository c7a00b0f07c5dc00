/** Another container than MP4, as people call it. */
export interface ForeignContainer {
  name: string;
  /** It is handed on whole, for ffmpeg; the others are not read at all. */
  isRead: boolean;
}

const read = (name: string): ForeignContainer => ({ name, isRead: true });
const unread = (name: string): ForeignContainer => ({ name, isRead: false });

/** Names the container that a file starts like, when it is one that cameras and recorders write. */
export function foreignContainer(head: Uint8Array): ForeignContainer | undefined {
  const startsWith = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  const ascii = (from: number, to: number) => String.fromCharCode(...head.subarray(from, to));
  const isEvery = (step: number, first: number) => [0, 1, 2].every((i) => head[first + i * step] === 0x47);
  if (startsWith(0x1a, 0x45, 0xdf, 0xa3)) return read("Matroska or WebM");
  if (ascii(0, 4) === "RIFF" && ascii(8, 12) === "AVI ") return read("AVI");
  if (isEvery(188, 0) || isEvery(192, 4)) return read("an MPEG transport stream");
  if (ascii(0, 3) === "FLV") return unread("FLV");
  if (startsWith(0, 0, 1, 0xba)) return unread("an MPEG program stream (MPEG-PS)");
  if (ascii(0, 4) === "IMKH") return unread("a Hikvision recording (IMKH, an MPEG program stream)");
  if (ascii(0, 4) === "DHAV") return unread("a Dahua recording (DHAV)");
  if (ascii(0, 4) === "OggS") return unread("Ogg");
  if (startsWith(0x30, 0x26, 0xb2, 0x75)) return unread("Windows Media (ASF)");
  // A NAL unit behind a start code: parameter set, delimiter, supplemental information, sometimes a slice at once.
  const nal = startsWith(0, 0, 0, 1) ? head[4] : startsWith(0, 0, 1) ? head[3] : undefined;
  const isRaw =
    nal !== undefined && ([1, 5, 6, 7, 8, 9].includes(nal & 0x9f) || [0x40, 0x42, 0x44, 0x46, 0x4e].includes(nal));
  return isRaw ? unread("a raw video stream (H.264 or H.265 without a container)") : undefined;
}
