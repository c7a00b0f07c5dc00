import { createHash } from "node:crypto";
import { Agent, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";

/** A small S3 in memory, over real HTTP on loopback, that can misbehave. Not part of the product. */

interface Stored {
  body: Buffer;
  etag: string;
  headers: Record<string, string>;
}

interface S3Call {
  method: string;
  key: string;
  range: string | undefined;
  query: URLSearchParams;
}

/** What goes wrong with one call: an error status, or a body that breaks off or goes silent (until the client gives up) after so many bytes. */
export type S3Fault = { status: number } | { cutAfter: number } | { silentAfter: number };

export interface FakeS3 extends AsyncDisposable {
  readonly client: S3Client;
  readonly endpoint: string;
  readonly objects: Map<string, Stored>;
  /** Uploads that were begun and neither completed nor aborted. */
  readonly uploads: Map<string, Map<number, Buffer>>;
  readonly calls: S3Call[];
  fault: ((call: S3Call) => S3Fault | undefined) | undefined;
}

export const BUCKET = "bucket";
const PAGE = 2;

/** @param requestHandler with a `socketTimeout` the client gives up on a body that goes silent: at once, as the fake says when that is. */
export async function startFakeS3(requestHandler: { socketTimeout?: number } = {}): Promise<FakeS3> {
  const httpAgent = new Agent({ keepAlive: true });
  const objects: FakeS3["objects"] = new Map();
  const uploads: FakeS3["uploads"] = new Map();
  const uploadHeaders = new Map<string, Record<string, string>>();
  const calls: S3Call[] = [];
  let writes = 0;

  const write = (key: string, body: Buffer, headers: Record<string, string>) => {
    writes += 1;
    const etag = `"${createHash("md5").update(body).update(String(writes)).digest("hex")}"`;
    objects.set(key, { body, etag, headers });
    return etag;
  };

  const answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => {
    const url = new URL(request.url ?? "/", "http://s3");
    const key = decodeURIComponent(url.pathname.slice(BUCKET.length + 2));
    const { method = "GET", headers } = request;
    const call: S3Call = { method, key, range: headers.range, query: url.searchParams };
    calls.push(call);
    const fault = fake.fault?.(call);
    const fail = (status: number, code: string) => {
      const text = method === "HEAD" ? "" : `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
      response.writeHead(status, { "content-type": "application/xml" }).end(text);
    };
    if (fault && "status" in fault) return fail(fault.status, fault.status === 503 ? "SlowDown" : "Fault");
    const xml = (text: string) => response.writeHead(200, { "content-type": "application/xml" }).end(text);
    const taken = headers["if-none-match"] === "*" && objects.has(key);
    const uploadId = url.searchParams.get("uploadId");

    if (method === "GET" && key === "") return xml(listing(objects, url.searchParams));
    if (method === "POST" && url.searchParams.has("uploads")) {
      const id = `upload-${uploads.size + 1}-${calls.length}`;
      uploads.set(id, new Map());
      uploadHeaders.set(id, kept(headers));
      return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    }
    if (uploadId !== null) {
      const parts = uploads.get(uploadId);
      if (!parts) return fail(404, "NoSuchUpload");
      if (method === "PUT") {
        parts.set(Number(url.searchParams.get("partNumber")), body);
        return response.writeHead(200, { etag: '"part"' }).end();
      }
      if (method === "POST") {
        if (taken) return fail(412, "PreconditionFailed");
        const whole = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part));
        write(key, whole, uploadHeaders.get(uploadId) ?? {});
        uploads.delete(uploadId);
        return xml("<CompleteMultipartUploadResult><Location>x</Location></CompleteMultipartUploadResult>");
      }
      uploads.delete(uploadId);
      return response.writeHead(204).end();
    }
    const source = headers["x-amz-copy-source"];
    if (method === "PUT" && typeof source === "string") {
      const copied = objects.get(decodeURIComponent(source.slice(BUCKET.length + 1)));
      if (!copied) return fail(404, "NoSuchKey");
      if (headers["x-amz-copy-source-if-match"] !== copied.etag || taken) return fail(412, "PreconditionFailed");
      write(key, copied.body, kept(headers));
      return xml("<CopyObjectResult><ETag>x</ETag></CopyObjectResult>");
    }
    if (method === "PUT") {
      if (taken) return fail(412, "PreconditionFailed");
      return response.writeHead(200, { etag: write(key, body, kept(headers)) }).end();
    }
    const stored = objects.get(key);
    if (!stored) return fail(404, "NoSuchKey");
    if (headers["if-match"] && headers["if-match"] !== stored.etag) return fail(412, "PreconditionFailed");
    const [from = 0, to = stored.body.length - 1] = headers.range?.match(/\d+/g)?.map(Number) ?? [];
    const part = stored.body.subarray(from, to + 1);
    response.writeHead(headers.range ? 206 : 200, {
      ...stored.headers,
      etag: stored.etag,
      "content-length": part.length,
    });
    if (!fault || method === "HEAD") return response.end(method === "HEAD" ? undefined : part);
    if ("silentAfter" in fault) {
      timeOutAfterNextData(httpAgent);
      return response.write(part.subarray(0, fault.silentAfter));
    }
    response.write(part.subarray(0, fault.cutAfter), () => response.destroy());
  };

  const server = createServer(async (request, response) => {
    try {
      const sent = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
      answer(request, response, request.headers["content-encoding"] === "aws-chunked" ? unchunked(sent) : sent);
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new S3Client({
    endpoint,
    region: "eu-west-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 2,
    requestHandler: { ...requestHandler, httpAgent },
  });
  const fake: FakeS3 = {
    client,
    endpoint,
    objects,
    uploads,
    calls,
    fault: undefined,
    async [Symbol.asyncDispose]() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

/** The bytes of a body in AWS's chunks: size in hex, bytes, and a trailer with the checksum at the end. */
function unchunked(sent: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = sent.indexOf("\r\n", at);
    const size = Number.parseInt(sent.toString("latin1", at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(chunks);
    chunks.push(sent.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

/** What the client's sockets tell after a long silence, as soon as they have read what was sent before it. */
function timeOutAfterNextData({ sockets }: Agent): void {
  for (const socket of Object.values(sockets).flatMap((list) => list ?? []))
    socket.once("data", () => setImmediate(() => socket.emit("timeout")));
}

const kept = (headers: IncomingMessage["headers"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => name === "content-type" || name === "cache-control" || name.startsWith("x-amz-meta-"),
    ),
  ) as Record<string, string>;

function listing(objects: FakeS3["objects"], query: URLSearchParams): string {
  const after = query.get("continuation-token") ?? "";
  const keys = [...objects.keys()].filter((key) => key.startsWith(query.get("prefix") ?? "") && key > after).sort();
  const page = keys.slice(0, PAGE);
  const more = keys.length > page.length ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
  return `<ListBucketResult>${page.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}${more}</ListBucketResult>`;
}
