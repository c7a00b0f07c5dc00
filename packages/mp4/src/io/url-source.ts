import type { ByteSource } from "./byte-source.ts";

/**
 * A file behind an HTTP URL that answers range requests.
 * @throws Error when it does not, or says no size.
 */
export async function urlSource(url: string | URL, signal?: AbortSignal): Promise<ByteSource> {
  const first = await fetchRange(url, 0, 1, signal);
  await first.body?.cancel();
  const size = Number(first.headers.get("content-range")?.split("/")[1]);
  if (!Number.isSafeInteger(size)) throw new Error(`${url}: the server says no size in Content-Range`);
  return {
    size,
    async read(start, end, own) {
      const wanted = Math.min(end, size) - start;
      if (wanted <= 0) return new Uint8Array();
      const bytes = await (await fetchRange(url, start, start + wanted, own)).bytes();
      if (bytes.length !== wanted) throw new Error(`${url}: ${bytes.length} of ${wanted} bytes came`);
      return bytes;
    },
    async *stream(start, end, own) {
      const last = Math.min(end, size);
      if (start < last) yield* (await fetchRange(url, start, last, own)).body ?? [];
    },
  };
}

async function fetchRange(url: string | URL, start: number, end: number, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` }, ...(signal && { signal }) });
  if (response.status === 206) return response;
  await response.body?.cancel();
  throw new Error(`${url}: HTTP ${response.status}, where 206 (a range) was expected`);
}
