import type { ClipRecords, ClipStatus, EntryKey } from "@camclips/core";
import type * as z from "zod/mini";

/** @throws $ZodError when the entry is not what was written: someone else's hand. */
export async function getEntry<S extends z.ZodMiniType>(
  records: Pick<ClipRecords, "get">,
  key: EntryKey,
  schema: S,
  signal?: AbortSignal,
): Promise<z.output<S> | undefined> {
  const value = await records.get(key, signal);
  return value === undefined ? undefined : schema.parse(value);
}

/** The conditional write behind every "once": the first value stays. */
export async function putEntryOnce<S extends z.ZodMiniType>(
  records: Pick<ClipRecords, "putOnce">,
  key: EntryKey,
  schema: S,
  value: z.input<S>,
  options: { status?: ClipStatus; signal: AbortSignal },
): Promise<{ stored: z.output<S>; ours: boolean }> {
  const { stored, ours } = await records.putOnce(key, value, options);
  return { stored: schema.parse(stored), ours };
}
