import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { ObjectChangedError, type ObjectInfo, type ObjectStore, type PutOptions } from "@camclips/core";
import { brokenOff, type FetchRange, RangedObject } from "@camclips/core/ranged-object";
import { exactly, NO_LIMIT, putInParts, putWhole } from "./s3-upload.ts";

/** Bodies up to this are held in memory, so that the client can send them again by itself. */
const SMALL_BYTES = 1024 * 1024;

/** Bodies above this go up in parts, of which each is billed as a write. */
const LARGEST_WHOLE_BYTES = 100 * 1024 * 1024;

/** Writes that race for a key answer 409; S3 asks to try again (If-None-Match). */
const CONFLICT_ATTEMPTS = 5;

/** An S3 bucket. The client brings time-outs and attempts. */
export function createS3Store(
  client: S3Client,
  bucket: string,
  { largestWholeBytes = LARGEST_WHOLE_BYTES } = {},
): ObjectStore {
  const at = (key: string) => ({ Bucket: bucket, Key: key });

  const head = (key: string, signal?: AbortSignal) =>
    orUndefined<HeadObjectCommandOutput>(client.send(new HeadObjectCommand(at(key)), { abortSignal: signal }));

  const fetchRange =
    (key: string, etag: string): FetchRange =>
    async (start, end, signal) => {
      const command = new GetObjectCommand({ ...at(key), Range: `bytes=${start}-${end - 1}`, IfMatch: etag });
      const answer = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
        if (statusOf(error) === 412 || statusOf(error) === 404)
          throw new ObjectChangedError(`${key} changed while it was read`, { cause: error });
        throw error;
      });
      return answer.Body as AsyncIterable<Uint8Array>;
    };

  return {
    async info(key, signal) {
      const found = await head(key, signal);
      return found && infoOf(key, found);
    },
    async open(key, signal) {
      const found = await head(key, signal);
      if (!found) return undefined;
      const { bytes, etag } = infoOf(key, found);
      return new RangedObject({ size: bytes, etag, fetchRange: fetchRange(key, etag) });
    },
    async get(key, signal) {
      const answer = await orUndefined(client.send(new GetObjectCommand(at(key)), { abortSignal: signal }));
      return answer?.Body?.transformToByteArray().catch((error: unknown) => {
        throw signal?.aborted ? error : brokenOff(error);
      });
    },
    put: (key, body, options) =>
      unlessTaken(() =>
        client.send(new PutObjectCommand({ ...at(key), Body: body, ...headersOf(options) }), {
          abortSignal: options.signal,
        }),
      ),
    async putStream(key, open, bytes, options) {
      const { signal } = options;
      if (bytes <= SMALL_BYTES)
        return this.put(key, Buffer.concat(await Array.fromAsync(exactly(bytes, open(), key))), options);
      const target = { ...at(key), ...headersOf(options) };
      const body = { open, bytes, signal };
      return unlessTaken(() => (bytes <= largestWholeBytes ? putWhole : putInParts)(client, target, body));
    },
    async copy({ key: from, etag }, key, options) {
      const command = new CopyObjectCommand({
        ...at(key),
        ...headersOf(options),
        CopySource: `${bucket}/${from.split("/").map(encodeURIComponent).join("/")}`,
        CopySourceIfMatch: etag,
        MetadataDirective: "REPLACE",
        // Tags of others' would need a right of their own.
        TaggingDirective: "REPLACE",
      });
      const { signal } = options;
      try {
        await unlessRaced(() => client.send(command, { abortSignal: signal, requestTimeout: NO_LIMIT }));
        return true;
      } catch (error) {
        // 412 may be about either of the two.
        if (statusOf(error) === 412 && options.ifAbsent && (await head(key, signal))) return false;
        if (statusOf(error) === 412 || statusOf(error) === 404)
          throw new ObjectChangedError(`${from} changed before it was copied`, { cause: error });
        throw error;
      }
    },
    async *list(prefix, signal) {
      let token: string | undefined;
      do {
        const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token });
        const page = await client.send(command, { abortSignal: signal });
        for (const { Key } of page.Contents ?? []) if (Key) yield Key;
        token = page.NextContinuationToken;
      } while (token);
    },
  };
}

function headersOf({ contentType, metadata, cacheControl, ifAbsent }: PutOptions) {
  return {
    ContentType: contentType,
    ...(metadata && { Metadata: metadata }),
    ...(cacheControl && { CacheControl: cacheControl }),
    ...(ifAbsent && { IfNoneMatch: "*" }),
  };
}

/** @returns false when the key is taken. */
async function unlessTaken(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await unlessRaced(write);
    return true;
  } catch (error) {
    if (statusOf(error) === 412) return false;
    throw error;
  }
}

async function unlessRaced(write: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await write();
      return;
    } catch (error) {
      if (statusOf(error) !== 409 || attempt >= CONFLICT_ATTEMPTS) throw error;
    }
  }
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function infoOf(key: string, { ContentLength, ETag, Metadata }: HeadObjectCommandOutput): ObjectInfo {
  return { key, bytes: ContentLength ?? 0, etag: ETag ?? "", metadata: Metadata ?? {} };
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
