import { readFile } from "node:fs/promises";

export interface ZipEntry {
  name: string;
  /** Permission bits, as the archive gives them. */
  mode: number;
}

const ENTRY = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;

/** The files in a zip archive without a comment, by its central directory (APPNOTE.TXT, 4.3.12 and 4.3.16). */
export async function zipEntries(path: string): Promise<ZipEntry[]> {
  const zip = await readFile(path);
  const end = zip.length - END_BYTES;
  if (zip.readUInt32LE(end) !== END) throw new Error(`${path} is no zip archive`);
  const entries: ZipEntry[] = [];
  let at = zip.readUInt32LE(end + 16);
  while (zip.readUInt32LE(at) === ENTRY) {
    const [name, extra, comment] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    entries.push({
      name: zip.toString("utf8", at + 46, at + 46 + name),
      mode: (zip.readUInt32LE(at + 38) >>> 16) & 0o777,
    });
    at += 46 + name + extra + comment;
  }
  return entries.filter((entry) => !entry.name.endsWith("/"));
}
