/**
 * Maps with at most `limit` calls under way. The first error ends it: nothing more is begun, what is under way is aborted and
 * waited for, so that nothing goes on behind a stage that has failed. Results keep the order of the items.
 */
export async function inParallel<T, R>(
  limit: number,
  items: readonly T[],
  signal: AbortSignal,
  map: (item: T, index: number, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const queue = items.entries();
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const worker = async () => {
    for (const [index, item] of queue) {
      if (failed.signal.aborted) return;
      results[index] = await map(item, index, either);
    }
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, () =>
    worker().catch((error: unknown) => failed.abort(error)),
  );
  await Promise.all(workers);
  // The first abortion's reason stays.
  failed.signal.throwIfAborted();
  return results;
}
