/** Names the container that a file starts like, when it is one that ffmpeg reads and this folder does not. */
export function foreignContainer(head: Uint8Array): string | undefined {
  const startsWith = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  const ascii = (from: number, to: number) => String.fromCharCode(...head.subarray(from, to));
  if (startsWith(0x1a, 0x45, 0xdf, 0xa3)) return "Matroska or WebM";
  if (ascii(0, 4) === "RIFF" && ascii(8, 12) === "AVI ") return "AVI";
  if (ascii(0, 3) === "FLV") return "FLV";
  if (startsWith(0, 0, 1, 0xba)) return "an MPEG program stream";
  if (head[0] === 0x47 && head[188] === 0x47 && head[376] === 0x47) return "an MPEG transport stream";
  // A sequence or video parameter set behind a start code: what a raw H.264 or H.265 stream starts with.
  const nal = startsWith(0, 0, 0, 1) ? head[4] : startsWith(0, 0, 1) ? head[3] : undefined;
  if (nal !== undefined && ((nal & 0x9f) === 7 || nal === 0x40)) return "a raw video stream";
  return undefined;
}
