import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { type OpenBody, ServiceUnavailableError } from "@camclips/core";
import { isOutage } from "./outages.ts";

const PART_BYTES = 8 * 1024 * 1024;

/** A body that streams is not sent again by the client. */
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 200;

/** A large body, or its copy, may take its time; a socket that goes silent, and the stage's own time, end it. */
export const NO_LIMIT = 0;

export type Target = Omit<PutObjectCommandInput, "Body" | "ContentLength">;

export interface StreamedBody {
  open: OpenBody;
  bytes: number;
  signal?: AbortSignal | undefined;
}

/** One PutObject, with bounded memory: what S3 bills as one write. S3 keeps nothing of a body that breaks off. */
export async function putWhole(client: S3Client, target: Target, { open, bytes, signal }: StreamedBody): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const broken = new AbortController();
    const chunks = aborting(broken, exactly(bytes, open(), target.Key));
    const body = Readable.from(chunks, { objectMode: false });
    try {
      const command = new PutObjectCommand({ ...target, Body: body, ContentLength: bytes });
      const abortSignal = signal ? AbortSignal.any([signal, broken.signal]) : broken.signal;
      await client.send(command, { abortSignal, requestTimeout: NO_LIMIT });
      return;
    } catch (error) {
      if (broken.signal.aborted) throw broken.signal.reason;
      const mayPass = error instanceof ServiceUnavailableError || isOutage(error);
      if (!mayPass || attempt === ATTEMPTS) throw error;
    } finally {
      body.destroy();
    }
    await setTimeout(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal });
  }
}

/** A body that ends its request when it breaks: the client would not notice an error of the stream, and wait for the rest. */
async function* aborting(request: AbortController, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    request.abort(error);
  }
}

/** For bodies that are too large to be sent again as a whole: a part is sent again by itself. */
export async function putInParts(
  client: S3Client,
  target: Target,
  { open, bytes, signal }: StreamedBody,
): Promise<void> {
  signal?.throwIfAborted();
  const Body = Readable.from(exactly(bytes, open(), target.Key), { objectMode: false });
  const parts = new Upload({ client, params: { ...target, Body }, partSize: PART_BYTES, queueSize: 2 });
  const abort = () => void parts.abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await parts.done();
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/**
 * Breaks an upload whose body is not as long as promised: half an object must not get the name of a whole one. The last chunk
 * is held back until the body has ended, because with it the object is whole.
 */
export async function* exactly(
  bytes: number,
  body: AsyncIterable<Uint8Array>,
  key?: string,
): AsyncGenerator<Uint8Array> {
  let came = 0;
  let last: Uint8Array | undefined;
  for await (const chunk of body) {
    came += chunk.byteLength;
    if (came > bytes) break;
    if (chunk.byteLength === 0) continue;
    if (last) yield last;
    last = chunk;
  }
  if (came !== bytes) throw new Error(`${key}: ${came} bytes came, ${bytes} were promised`);
  if (last) yield last;
}
