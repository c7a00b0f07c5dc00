/** Random access to the bytes of one recording. `end` is exclusive. Reads are retried inside; errors are final. */
export interface ByteSource {
  readonly size: number;
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
  stream(start: number, end: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}
