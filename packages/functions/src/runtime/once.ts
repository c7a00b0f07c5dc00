import { setTimeout } from "node:timers/promises";
import { RetryLater } from "@camclips/core";
import * as z from "zod";
import type { Deps } from "./deps.ts";
import { getJson, putJsonOnce } from "./json-objects.ts";

type Needs = Pick<Deps, "work" | "clock">;

const lease = z.object({ takenMs: z.int() });

/** Longer than the effect can take, time-outs and retries included: whoever holds a lease for longer has died. */
const LEASE_MS = 120_000;

/** How long a concurrent delivery waits for the one that holds the lease before it comes back later. */
const WAIT_MS = 3_000;
const POLL_MS = 100;

/** Runs an effect that may be repeated, unless its marker says that it was done. */
export async function once<S extends z.ZodType>(
  { work }: Needs,
  marker: string,
  schema: S,
  effect: () => Promise<z.input<S>>,
  signal: AbortSignal,
): Promise<z.output<S>> {
  const done = await getJson(work, marker, schema, signal);
  return done ?? (await putJsonOnce(work, marker, schema, await effect(), signal)).stored;
}

/**
 * Runs an effect that cannot be undone once: a lease keeps concurrent deliveries apart, and the marker remembers the
 * result. Only a crash between the effect and its marker repeats it, when the lease has run out: better twice than never.
 * @param marker key of the result.
 * @throws RetryLater while another delivery is at it.
 */
export async function onceAlone<S extends z.ZodType>(
  deps: Needs,
  marker: string,
  schema: S,
  effect: () => Promise<z.input<S>>,
  signal: AbortSignal,
): Promise<z.output<S>> {
  const done = await getJson(deps.work, marker, schema, signal);
  if (done !== undefined) return done;
  const taken = await takeLease(deps, marker, signal);
  if (!taken) return resultOfOther(deps, marker, schema, signal);
  try {
    return await once(deps, marker, schema, effect, signal);
  } catch (error) {
    // The effect failed; whoever tries next need not wait for the lease to run out.
    await deps.work.put(taken, leaseBody(0), { contentType: "application/json" });
    throw error;
  }
}

async function resultOfOther<S extends z.ZodType>(
  { work, clock }: Needs,
  marker: string,
  schema: S,
  signal: AbortSignal,
): Promise<z.output<S>> {
  const endMs = clock.now() + WAIT_MS;
  for (let waited = 0; waited < WAIT_MS && clock.now() < endMs; waited += POLL_MS) {
    await setTimeout(POLL_MS, undefined, { signal });
    const result = await getJson(work, marker, schema, signal);
    if (result !== undefined) return result;
  }
  throw new RetryLater("INTERNAL", 15, { cause: new Error("another delivery of the same event is at it") });
}

/**
 * Leases are numbered: the next one can be taken, by one taker only, when the last has run out.
 * @returns the lease's key; undefined while somebody else holds one.
 */
async function takeLease({ work, clock }: Needs, marker: string, signal: AbortSignal): Promise<string | undefined> {
  for (let number = 1; ; number += 1) {
    const key = `${marker}.lease-${number}`;
    const { stored, ours } = await putJsonOnce(work, key, lease, { takenMs: clock.now() }, signal);
    if (ours) return key;
    if (clock.now() - stored.takenMs < LEASE_MS) return undefined;
  }
}

const leaseBody = (takenMs: number): Uint8Array =>
  Buffer.from(JSON.stringify({ takenMs } satisfies z.input<typeof lease>));
