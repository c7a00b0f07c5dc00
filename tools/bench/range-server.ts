import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";

export interface RangeServer {
  url(path: string): string;
  /** Since the last call. Bytes are those of bodies. */
  takeCounts(): { bytes: number; requests: number };
  close(): void;
}

/** Serves the files of one folder over HTTP with ranges, as an object store does, and counts what is read. */
export async function serveRanges(folder: string): Promise<RangeServer> {
  let counts = { bytes: 0, requests: 0 };
  const server = createServer(async (request, response) => {
    counts.requests++;
    const path = join(folder, basename(new URL(request.url ?? "/", "http://localhost").pathname));
    const { size } = await stat(path);
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(size - 1, range?.[2] ? Number(range[2]) : size - 1);
    response.writeHead(range ? 206 : 200, {
      "content-length": end - start + 1,
      ...(range ? { "content-range": `bytes ${start}-${end}/${size}` } : {}),
    });
    if (request.method === "HEAD") return response.end();
    counts.bytes += end - start + 1;
    await pipeline(createReadStream(path, { start, end }), response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}/${basename(path)}`,
    takeCounts() {
      const taken = counts;
      counts = { bytes: 0, requests: 0 };
      return taken;
    },
    close: () => server.close(),
  };
}
