import { Agent, type IncomingMessage, request } from "node:http";
import type { ByteSource } from "../../packages/mp4/src/io/byte-source.ts";

const agent = new Agent({ keepAlive: true });

/** Random access over HTTP ranges. Its size is asked for with one HEAD request. */
export async function httpSource(url: string): Promise<ByteSource> {
  const head = await send(url, "HEAD", {});
  head.resume();
  return {
    size: Number(head.headers["content-length"]),
    async read(start, end) {
      const chunks: Buffer[] = [];
      for await (const chunk of await send(url, "GET", rangeOf(start, end))) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    async *stream(start, end) {
      yield* await send(url, "GET", rangeOf(start, end));
    },
  };
}

/** A whole object, as a stream. */
export function download(url: string): Promise<IncomingMessage> {
  return send(url, "GET", {});
}

function rangeOf(start: number, end: number): Record<string, string> {
  return { range: `bytes=${start}-${end - 1}` };
}

function send(url: string, method: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent }, (response) => {
      if (response.statusCode === 200 || response.statusCode === 206) resolve(response);
      else reject(new Error(`${url}: HTTP ${response.statusCode}`));
    })
      .once("error", reject)
      .end();
  });
}
