/** How lists for people are ordered: the latest first; of the same instant, the greater id. */
export interface Placed {
  sinceMs: number;
  id: string;
}

export function latestFirst(a: Placed, b: Placed): number {
  if (a.sinceMs !== b.sinceMs) return b.sinceMs - a.sinceMs;
  return a.id === b.id ? 0 : a.id < b.id ? 1 : -1;
}

/** An index says nothing about the order of the same instant, which pages need. @param list the latest first. */
export async function* inOrder<T>(list: AsyncIterable<T>, placeOf: (each: T) => Placed): AsyncGenerator<T, void> {
  let same: T[] = [];
  const sorted = () => same.sort((a, b) => latestFirst(placeOf(a), placeOf(b)));
  for await (const each of list) {
    if (same[0] && placeOf(same[0]).sinceMs !== placeOf(each).sinceMs) {
      yield* sorted();
      same = [];
    }
    same.push(each);
  }
  yield* sorted();
}
