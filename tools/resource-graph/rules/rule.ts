import type { Graph } from "../graph/graph.ts";

/** Looks at a graph and says, one sentence each, what is wrong with it. */
export type GraphRule = (graph: Graph) => string[];

/** The complaint, when the condition does not hold. */
export function expectThat(condition: boolean, complaint: string): string[] {
  return condition ? [] : [complaint];
}
