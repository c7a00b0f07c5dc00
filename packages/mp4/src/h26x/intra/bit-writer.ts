/** Writes bits, the first one highest in its byte. */
export class BitWriter {
  #bytes: Uint8Array;
  #length = 0;
  /** Bits that fill no byte yet, and how many. */
  #open = 0;
  #count = 0;

  constructor(room = 64) {
    this.#bytes = new Uint8Array(room);
  }

  /** @param count at most 24 */
  bits(value: number, count: number): this {
    let open = (this.#open << count) | value;
    let left = this.#count + count;
    if (this.#length + 4 > this.#bytes.length) this.#grow();
    while (left >= 8) {
      left -= 8;
      this.#bytes[this.#length++] = open >>> left;
      open &= (1 << left) - 1;
    }
    this.#open = open;
    this.#count = left;
    return this;
  }

  /** Exp-Golomb code, ITU-T H.264, 9.1. */
  ue(value: number): this {
    const count = 32 - Math.clz32(value + 1);
    return this.bits(0, count - 1).bits(value + 1, count);
  }

  se(value: number): this {
    return this.ue(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** Zeros up to the next byte. */
  align(): this {
    return this.bits(0, (8 - this.#count) & 7);
  }

  get position(): number {
    return this.#length * 8 + this.#count;
  }

  /** What was written behind a position is forgotten. */
  rewind(position: number): void {
    const [length, count] = [position >> 3, position & 7];
    const byte = length < this.#length ? (this.#bytes[length] ?? 0) : this.#open << (8 - this.#count);
    [this.#length, this.#count, this.#open] = [length, count, (byte & 255) >> (8 - count)];
  }

  /** What was written, zeros up to the last byte. */
  bytes(): Uint8Array {
    this.align();
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(): void {
    const bytes = new Uint8Array(this.#bytes.length * 2 + 64);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}
