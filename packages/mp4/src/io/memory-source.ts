import type { ByteSource } from "./byte-source.ts";

/** Random access to bytes that are there already. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
    async *stream(start, end) {
      yield bytes.subarray(start, end);
    },
  };
}
