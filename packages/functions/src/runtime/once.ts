import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { type EntryKey, RetryLater } from "@camclips/core";
import type * as z from "zod/mini";
import type { Deps } from "./deps.ts";
import { getEntry, putEntryOnce } from "./entries.ts";

type Needs = Pick<Deps, "records" | "clock">;

/** Longer than the effect can take, time-outs and retries included: whoever holds a lease for longer has died. */
const LEASE_MS = 120_000;

/** How long a concurrent delivery waits for the one that holds the lease before it comes back later. */
const WAIT_MS = 3_000;
const POLL_MS = 100;

/** Pauses before an effect's result is written again. */
const REMEMBER_AGAIN_MS = [50, 200, 800, 1600];

/** Runs an effect that may be repeated, unless its entry says that it was done. */
export async function once<S extends z.ZodMiniType>(
  { records }: Needs,
  key: EntryKey,
  schema: S,
  effect: () => Promise<z.input<S>>,
  signal: AbortSignal,
): Promise<z.output<S>> {
  const done = await getEntry(records, key, schema, signal);
  return done ?? (await putEntryOnce(records, key, schema, await effect(), { signal })).stored;
}

/**
 * Runs an effect that cannot be undone once: a lease keeps concurrent deliveries apart, and the entry remembers the
 * result. Only a crash between the effect and its entry, or an outage of the records that is longer than a lease, repeats it,
 * when the lease has run out: better twice than never.
 * @param key of the result.
 * @throws RetryLater while another delivery is at it.
 */
export async function onceAlone<S extends z.ZodMiniType>(
  deps: Needs,
  key: EntryKey,
  schema: S,
  effect: () => Promise<z.input<S>>,
  signal: AbortSignal,
): Promise<z.output<S>> {
  const { records, clock } = deps;
  const holder = randomUUID();
  const nowMs = clock.now();
  const answer = await records.lease(key, { holder, nowMs, untilMs: nowMs + LEASE_MS }, signal);
  if (answer.kind === "done") return schema.parse(answer.value);
  if (answer.kind === "held") return resultOfOther(deps, key, schema, signal);
  let result: z.input<S>;
  try {
    result = await effect();
  } catch (error) {
    // The effect failed; whoever tries next need not wait for the lease to run out.
    await records.release(key, holder);
    throw error;
  }
  return remember(deps, key, schema, result, signal);
}

/** The effect has happened, so the lease is not given back: another delivery would repeat it at once. */
async function remember<S extends z.ZodMiniType>(
  { records }: Needs,
  key: EntryKey,
  schema: S,
  result: z.input<S>,
  signal: AbortSignal,
): Promise<z.output<S>> {
  for (const pauseMs of REMEMBER_AGAIN_MS) {
    try {
      return (await putEntryOnce(records, key, schema, result, { signal })).stored;
    } catch {
      await setTimeout(pauseMs, undefined, { signal });
    }
  }
  return (await putEntryOnce(records, key, schema, result, { signal })).stored;
}

async function resultOfOther<S extends z.ZodMiniType>(
  { records, clock }: Needs,
  key: EntryKey,
  schema: S,
  signal: AbortSignal,
): Promise<z.output<S>> {
  const endMs = clock.now() + WAIT_MS;
  for (let waited = 0; waited < WAIT_MS && clock.now() < endMs; waited += POLL_MS) {
    await setTimeout(POLL_MS, undefined, { signal });
    const result = await getEntry(records, key, schema, signal);
    if (result !== undefined) return result;
  }
  throw new RetryLater("INTERNAL", 15, { cause: new Error("another delivery of the same event is at it") });
}
