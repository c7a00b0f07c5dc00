import { type FileHandle, open } from "node:fs/promises";

/** What kind of program a file is, as far as its headers say. */
export interface Executable {
  format: "ELF" | "Mach-O" | "Windows" | "script" | "unknown";
  /** In Node's words: `x64`, `arm64`, ... */
  processor?: string | undefined;
  /** The loader of a program that is linked to libraries; a static one has none. */
  interpreter?: string | undefined;
  libraries: readonly string[];
  /** The newest glibc that it asks for, such as `2.28`. */
  glibc?: string | undefined;
}

/** e_machine of ELF (gABI, chapter 4). */
const PROCESSORS: Record<number, string> = { 3: "ia32", 40: "arm", 62: "x64", 183: "arm64", 243: "riscv64" };

const MAGIC: readonly [hex: string, format: Executable["format"]][] = [
  ["7f454c46", "ELF"],
  ["cffaedfe", "Mach-O"],
  ["cefaedfe", "Mach-O"],
  ["cafebabe", "Mach-O"],
  ["4d5a", "Windows"],
  ["2321", "script"],
];

const LOAD = 1;
const DYNAMIC = 2;
const INTERPRETER = 3;
const NEEDED = 1;
const STRING_TABLE = 5;
const STRING_TABLE_SIZE = 10;
/** More than any program header table, dynamic section or string table of a real program. */
const MOST_BYTES = 16 << 20;

/** Reads a program's headers, without running it. @throws Error when the file cannot be read, or is a damaged ELF file. */
export async function readExecutable(path: string): Promise<Executable> {
  await using file = await open(path);
  const head = await read(file, 0, 64);
  const format = MAGIC.find(([hex]) => head.toString("hex").startsWith(hex))?.[1] ?? "unknown";
  if (format !== "ELF") return { format, libraries: [] };
  const processor = PROCESSORS[head.readUInt16LE(18)] ?? `processor ${head.readUInt16LE(18)}`;
  const is64BitLittleEndian = head[4] === 2 && head[5] === 1;
  if (!is64BitLittleEndian) return { format, processor, libraries: [] };
  return { format, processor, ...(await readLinks(file, head)) };
}

/** A part of the file, and where it lies in memory when the program runs. */
interface Segment {
  type: number;
  offset: number;
  address: number;
  bytes: number;
}

async function readLinks(file: FileHandle, head: Buffer): Promise<Omit<Executable, "format" | "processor">> {
  const segments = await readSegments(file, head);
  const interpreter = segments.find(({ type }) => type === INTERPRETER);
  const dynamic = segments.find(({ type }) => type === DYNAMIC);
  const named = dynamic ? await readNames(file, dynamic, segments) : { libraries: [] };
  const loader = interpreter && (await read(file, interpreter.offset, interpreter.bytes));
  return { ...named, interpreter: loader && textAt(loader, 0) };
}

async function readSegments(file: FileHandle, head: Buffer): Promise<Segment[]> {
  const [size, count] = [head.readUInt16LE(54), head.readUInt16LE(56)];
  const table = await read(file, Number(head.readBigUInt64LE(32)), size * count);
  return Array.from({ length: count }, (_, index) => {
    const at = (field: number) => Number(table.readBigUInt64LE(index * size + field));
    return { type: table.readUInt32LE(index * size), offset: at(8), address: at(16), bytes: at(32) };
  });
}

async function readNames(file: FileHandle, dynamic: Segment, segments: readonly Segment[]) {
  const table = await read(file, dynamic.offset, dynamic.bytes);
  const entries = Array.from({ length: Math.floor(table.length / 16) }, (_, index) => ({
    tag: Number(table.readBigInt64LE(index * 16)),
    value: Number(table.readBigUInt64LE(index * 16 + 8)),
  }));
  const entryOf = (wanted: number) => entries.find(({ tag }) => tag === wanted)?.value ?? 0;
  const address = entryOf(STRING_TABLE);
  const home = segments.find((one) => one.type === LOAD && address >= one.address && address < one.address + one.bytes);
  if (!home) return { libraries: [] };
  const strings = await read(file, home.offset + address - home.address, entryOf(STRING_TABLE_SIZE));
  const libraries = entries.filter(({ tag }) => tag === NEEDED).map(({ value }) => textAt(strings, value));
  return { libraries, glibc: newestGlibc(strings.toString("latin1")) };
}

function newestGlibc(strings: string): string | undefined {
  const minors = [...strings.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  return minors.length === 0 ? undefined : `2.${Math.max(...minors)}`;
}

function textAt(bytes: Buffer, start: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString("latin1", start, end < 0 ? bytes.length : end);
}

async function read(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  if (bytes > MOST_BYTES) throw new Error("the program's headers are damaged");
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, position);
  return buffer.subarray(0, bytesRead);
}
