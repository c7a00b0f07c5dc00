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
  const ended = await Promise.allSettled(
    runs.map((run) =>
      run(either).catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    ),
  );
  const values = ended.flatMap((run) => (run.status === "fulfilled" ? [run.value] : []));
  if (values.length < runs.length) throw failed.signal.reason;
  return values as unknown as T;
}
