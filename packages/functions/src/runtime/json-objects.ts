import type { ObjectStore } from "@camclips/core";
import type * as z from "zod";

const CONTENT_TYPE = "application/json";

/** @throws ZodError when the object is not what was written: someone else's hand. */
export async function getJson<S extends z.ZodType>(
  store: ObjectStore,
  key: string,
  schema: S,
  signal?: AbortSignal,
): Promise<z.output<S> | undefined> {
  const body = await store.get(key, signal);
  return body && schema.parse(JSON.parse(Buffer.from(body).toString("utf8")));
}

/**
 * The conditional write behind every "once": the first value stays.
 * @returns what is stored under the key now, and whether it is ours.
 */
export async function putJsonOnce<S extends z.ZodType>(
  store: ObjectStore,
  key: string,
  schema: S,
  value: z.input<S>,
  signal?: AbortSignal,
): Promise<{ stored: z.output<S>; ours: boolean }> {
  const ours = await store.put(key, Buffer.from(JSON.stringify(value)), {
    contentType: CONTENT_TYPE,
    ifAbsent: true,
    signal,
  });
  const stored = ours ? schema.parse(value) : await getJson(store, key, schema, signal);
  if (stored === undefined) throw new Error(`${key} was taken, and is gone: is the bucket's lifecycle too short?`);
  return { stored, ours };
}
