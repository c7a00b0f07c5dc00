import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { Problem } from "./problem.ts";

/** What can be sent in ranges. */
export interface Sendable {
  size: number;
  etag: string;
  /** Bytes `[start, end)`. */
  stream(start: number, end: number): ReadableStream;
}

interface FileOptions {
  contentType: string;
  cacheControl: string;
  /** Saves it under a name instead of showing it. */
  downloadAs?: string;
}

/** A file. @throws Problem 404, 416. */
export async function sendFile(request: Request, path: string, options: FileOptions): Promise<Response> {
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) throw new Problem(404, "there is no such file");
  const etag = `"${file.size.toString(36)}-${Math.round(file.mtimeMs).toString(36)}"`;
  const stream = (start: number, end: number) =>
    Readable.toWeb(createReadStream(path, { start, end: end - 1, signal: request.signal })) as ReadableStream;
  return sendRanges(request, { size: file.size, etag, stream }, options);
}

/** Bytes with ETag, conditional requests and single ranges (RFC 9110, sections 13 and 14). @throws Problem 416. */
export function sendRanges(
  request: Request,
  { size, etag, stream }: Sendable,
  { contentType, cacheControl, downloadAs }: FileOptions,
): Response {
  const headers: Record<string, string> = {
    "content-type": contentType,
    "accept-ranges": "bytes",
    "cache-control": cacheControl,
    etag,
    ...(downloadAs && { "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(downloadAs)}` }),
  };
  if (matches(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });

  const ifRange = request.headers.get("if-range");
  const asked = ifRange === null || ifRange === etag ? request.headers.get("range") : null;
  const range = rangeOf(asked, size);
  if (range === "none")
    throw new Problem(416, `the file has ${size} bytes`, { headers: { "content-range": `bytes */${size}` } });
  const [start, end] = range ?? [0, size];
  headers["content-length"] = String(end - start);
  if (range) headers["content-range"] = `bytes ${start}-${end - 1}/${size}`;
  const isEmpty = request.method === "HEAD" || end === start;
  return new Response(isEmpty ? null : stream(start, end), { status: range ? 206 : 200, headers });
}

const matches = (header: string | null, etag: string): boolean =>
  (header ?? "").split(",").some((each) => each.trim().replace(/^W\//, "") === etag || each.trim() === "*");

/** `[start, end)`; undefined for the whole file: several ranges at once need not be honoured. */
function rangeOf(header: string | null, size: number): [number, number] | "none" | undefined {
  const fields = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  const [, first = "", last = ""] = fields ?? [];
  if (!fields || (first === "" && last === "")) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  return start >= end ? "none" : [start, end];
}
