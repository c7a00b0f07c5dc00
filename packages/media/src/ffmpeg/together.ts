/**
 * Runs at the same time. The first that fails ends the others, and is thrown when they have ended: nothing runs on.
 * @param runs each gets the signal that ends it.
 */
export async function together<T extends readonly unknown[]>(
  signal: AbortSignal | undefined,
  runs: { [K in keyof T]: (signal: AbortSignal) => Promise<T[K]> },
): Promise<T> {
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const values = await Promise.all(runs.map((run) => run(either).catch((error: unknown) => failed.abort(error))));
  // The first abortion's reason stays.
  failed.signal.throwIfAborted();
  return values as unknown as T;
}
