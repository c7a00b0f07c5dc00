/** Merges lists that are in order; each is read only as far as it is needed. */
export async function* merged<T>(
  lists: readonly AsyncIterable<T>[],
  order: (a: T, b: T) => number,
): AsyncGenerator<T, void> {
  const readers = lists.map((list) => list[Symbol.asyncIterator]());
  const heads = await Promise.all(readers.map((reader) => reader.next()));
  for (;;) {
    let first: number | undefined;
    for (const [index, head] of heads.entries()) {
      const best = first === undefined ? undefined : heads[first];
      if (!head.done && (best === undefined || best.done || order(head.value, best.value) < 0)) first = index;
    }
    const head = first === undefined ? undefined : heads[first];
    const reader = first === undefined ? undefined : readers[first];
    if (first === undefined || !head || head.done || !reader) return;
    yield head.value;
    heads[first] = await reader.next();
  }
}
