import type { ObjectReader, OpenObject } from "@camclips/core";

/** A recording as it is read. */
export interface ReadObject extends OpenObject {
  /** Of a header that lies in another object: which version of it. */
  readonly initEtag?: string;
}

/** Headers have no samples: a few kilobytes. */
const MOST_INIT_BYTES = 1024 ** 2;

/**
 * A segment that has its header in another object (CMAF, an HLS playlist's EXT-X-MAP) as one file with it; any other recording
 * as it is.
 * @param initKey the header's key
 * @returns undefined when the header is not there
 */
export async function withInit(
  object: OpenObject,
  origin: ObjectReader,
  initKey: string | undefined,
  signal: AbortSignal,
): Promise<ReadObject | undefined> {
  if (initKey === undefined) return object;
  const header = await origin.open(initKey, signal);
  if (!header) return undefined;
  const init = await header.read(0, Math.min(header.size, MOST_INIT_BYTES), signal);
  return { ...behind(init, object), initEtag: header.etag };
}

function behind(init: Uint8Array, object: OpenObject): OpenObject {
  async function* stream(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    if (start < init.length) yield init.subarray(start, Math.min(end, init.length));
    const from = Math.max(0, start - init.length);
    if (end > init.length) yield* object.stream(from, end - init.length, signal);
  }
  return {
    size: init.length + object.size,
    etag: object.etag,
    fetched: object.fetched,
    stream,
    read: async (start, end, signal) => Buffer.concat(await Array.fromAsync(stream(start, end, signal))),
  };
}
