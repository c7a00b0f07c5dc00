/** Random access to the bytes of one recording. `end` is exclusive. Reads are retried inside; errors are final. */
export interface ByteSource {
  readonly size: number;
  /** @param room memory for the answer, if it has enough; a source need not use it */
  read(start: number, end: number, signal?: AbortSignal, room?: Buffer): Promise<Uint8Array>;
  /** Reads many small places. Absent where each would be a request. */
  readMany?(places: readonly (readonly [start: number, end: number])[], signal?: AbortSignal): Promise<Uint8Array[]>;
  stream(start: number, end: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}
