/** Joins ascending indices that follow each other: first and last of every stretch. */
export function stretches(indices: readonly number[]): [first: number, last: number][] {
  const found: [number, number][] = [];
  for (const index of indices) {
    const previous = found.at(-1);
    if (previous !== undefined && previous[1] === index - 1) previous[1] = index;
    else found.push([index, index]);
  }
  return found;
}
