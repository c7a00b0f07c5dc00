import type { Argument, Option } from "commander";

/** A function for what is there later. */
type Values = readonly string[] | (() => readonly string[]);

const known = new WeakMap<Option | Argument, Values>();

/** Says what a shell may offer as a value, where commander is not told (`choices`). */
export function suggesting<T extends Option | Argument>(taker: T, values: Values): T {
  known.set(taker, values);
  return taker;
}

export function suggestedFor(taker: Option | Argument): readonly string[] {
  const values = known.get(taker) ?? taker.argChoices ?? [];
  return typeof values === "function" ? values() : values;
}
