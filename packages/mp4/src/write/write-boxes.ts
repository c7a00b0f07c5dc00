/** Builders of ISO/IEC 14496-12 boxes. */

export function u32(...values: number[]): Uint8Array {
  return u32Column(values.length, (i) => values[i] ?? 0);
}

/** For tables: they are too long to be spread into arguments. */
export function u32Column(count: number, valueAt: (index: number) => number): Uint8Array {
  const bytes = new Uint8Array(count * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) view.setUint32(i * 4, valueAt(i));
  return bytes;
}

export function u64(value: number): Uint8Array {
  return u32(Math.floor(value / 2 ** 32), value % 2 ** 32);
}

export function u16(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [(value >> 8) & 255, value & 255]));
}

export function ascii(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

export function box(type: string, ...content: Uint8Array[]): Uint8Array {
  const size = content.reduce((sum, part) => sum + part.length, 8);
  return concat(u32(size), ascii(type), ...content);
}

export function fullBox(type: string, version: number, flags: number, ...content: Uint8Array[]): Uint8Array {
  return box(type, u32(version * 2 ** 24 + flags), ...content);
}

/** Version 1 of a box holds its times in 64 bits; it is taken only where 32 bits are too few. */
export function timesVersion(...values: number[]): 0 | 1 {
  return values.some((value) => value > 0xffffffff) ? 1 : 0;
}

export function time(version: 0 | 1, value: number): Uint8Array {
  return version === 1 ? u64(value) : u32(value);
}

/** A table of 32-bit columns: entry count, then the entries. */
export function table(type: string, entries: readonly number[], columns: number): Uint8Array {
  return fullBox(
    type,
    0,
    0,
    u32(entries.length / columns),
    u32Column(entries.length, (i) => entries[i] ?? 0),
  );
}

/** Run-length encoding as pairs (count, value), as stts and ctts want it. */
export function runLengths(count: number, valueAt: (index: number) => number): number[] {
  const pairs: number[] = [];
  for (let i = 0; i < count; i++) {
    const value = valueAt(i);
    const last = pairs.length - 1;
    if (last > 0 && pairs[last] === value) pairs[last - 1] = (pairs[last - 1] ?? 0) + 1;
    else pairs.push(1, value);
  }
  return pairs;
}
