import { setTimeout } from "node:timers/promises";
import { ObjectChangedError, type OpenObject, ServiceUnavailableError } from "./ports.ts";

/** Reads `[start, end)` of one version of an object once, without retrying. */
export type FetchRange = (start: number, end: number, signal?: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 100;

/** The service answered, but did not bring what it had promised. */
export function brokenOff(error: unknown): ServiceUnavailableError {
  const { message } = error as Error;
  return new ServiceUnavailableError(`the body broke off: ${message}`, { cause: error });
}

/** An object read by ranges. A body that breaks off is taken up again where it stopped, a bounded number of times. */
export class RangedObject implements OpenObject {
  readonly size: number;
  readonly etag: string;
  readonly fetched = { bytes: 0, requests: 0 };
  readonly #fetchRange: FetchRange;

  constructor({ size, etag, fetchRange }: { size: number; etag: string; fetchRange: FetchRange }) {
    this.size = size;
    this.etag = etag;
    this.#fetchRange = fetchRange;
  }

  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    const whole = new Uint8Array(Math.max(0, Math.min(end, this.size) - start));
    let filled = 0;
    for await (const chunk of this.stream(start, end, signal)) {
      whole.set(chunk, filled);
      filled += chunk.byteLength;
    }
    return whole;
  }

  async *stream(start: number, end: number, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    const last = Math.min(end, this.size);
    let at = start;
    for (let failures = 0; at < last; ) {
      signal?.throwIfAborted();
      let body: AsyncIterable<Uint8Array> | undefined;
      try {
        this.fetched.requests += 1;
        body = await this.#fetchRange(at, last, signal);
        for await (const chunk of body) {
          const wanted = chunk.subarray(0, last - at);
          this.fetched.bytes += wanted.byteLength;
          at += wanted.byteLength;
          yield wanted;
        }
        if (at < last) throw new Error(`${last - at} bytes are missing`);
      } catch (error) {
        failures += 1;
        if (signal?.aborted || error instanceof ObjectChangedError) throw error;
        if (failures === ATTEMPTS) throw body ? brokenOff(error) : error;
        await setTimeout(FIRST_PAUSE_MS * 2 ** (failures - 1), undefined, { signal });
      }
    }
  }
}
