const ARENA_BYTES = 1.5 * 1024 * 1024;

/**
 * Memory for what is read of one file after the other. New buffers for each of tens of thousands of files come faster than they are
 * collected, and most of what looking through them costs is that.
 */
export class Arena {
  readonly #bytes = new Uint8Array(ARENA_BYTES);
  #used = 0;

  /** Holds until `reset`. */
  readonly take = (length: number): Uint8Array<ArrayBuffer> => {
    if (this.#used + length > ARENA_BYTES) return new Uint8Array(length);
    this.#used += length;
    return this.#bytes.subarray(this.#used - length, this.#used);
  };

  reset(): void {
    this.#used = 0;
  }
}
