import { MalformedBoxError } from "../errors.ts";

/** Reads big-endian fields one after the other; reading past the end is a MalformedBoxError, never a crash. */
export class BoxReader {
  readonly #type: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(type: string, bytes: Uint8Array) {
    this.#type = type;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  skip(length: number): number {
    const at = this.#at;
    if (length > this.left) throw new MalformedBoxError(`${this.#type} box ends too early`);
    this.#at += length;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.skip(1));
  }
  u16(): number {
    return this.#view.getUint16(this.skip(2));
  }
  u24(): number {
    return (this.u8() << 16) | this.u16();
  }
  u32(): number {
    return this.#view.getUint32(this.skip(4));
  }
  i32(): number {
    return this.#view.getInt32(this.skip(4));
  }
  u64(): number {
    return this.#safe(this.#view.getBigUint64(this.skip(8)));
  }
  i64(): number {
    return this.#safe(this.#view.getBigInt64(this.skip(8)));
  }

  f64(): number {
    return this.#view.getFloat64(this.skip(8));
  }

  /** Version 1 boxes hold 64-bit values where version 0 boxes hold 32-bit ones. */
  u32or64(version: number): number {
    return version === 0 ? this.u32() : this.u64();
  }

  /**
   * A time or a duration where all ones say "unknown" (ISO/IEC 14496-12, 8.4.2): `undefined` then, or when it is absurd,
   * because no file is broken for that.
   */
  time(version: number): number | undefined {
    const value = version === 0 ? this.u32() : Number(this.#view.getBigUint64(this.skip(8)));
    return value === 0xffff_ffff || value > Number.MAX_SAFE_INTEGER ? undefined : value;
  }

  /** Signed, and beyond 2^53 only near enough: decode times that count 100 ns from 1970 are that large. */
  i64Near(): number {
    return Number(this.#view.getBigInt64(this.skip(8)));
  }

  bytes(length: number): Uint8Array {
    const at = this.skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  ascii(length: number): string {
    return String.fromCharCode(...this.bytes(length));
  }

  rest(): Uint8Array {
    return this.bytes(this.left);
  }

  /** An entry count, refused when its entries could not fit in what is left of the box. */
  count(bytesPerEntry: number): number {
    const count = this.u32();
    if (count * bytesPerEntry > this.left)
      throw new MalformedBoxError(`${this.#type} box is too small for ${count} entries`);
    return count;
  }

  #safe(value: bigint): number {
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
      throw new MalformedBoxError(`${this.#type} box holds an impossible 64-bit value`);
    }
    return Number(value);
  }
}
