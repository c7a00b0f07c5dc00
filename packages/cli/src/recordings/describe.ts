import { type Footage, planParts } from "@camclips/core";
import { instant } from "../view/format.ts";

const MOST = 5;

/** Which times a folder's recordings cover: for whoever asked for others. */
export function coveredTimes(footage: readonly Footage[], joinToleranceMs: number): string {
  const sorted = [...footage].sort((a, b) => a.startMs - b.startMs);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last) return "nothing";
  const endMs = Math.max(...sorted.map((recording) => recording.endMs));
  const { holes } = planParts([first.startMs, endMs], sorted, joinToleranceMs);
  const edges = [first.startMs, ...holes.flat(), endMs];
  const spans = edges.flatMap((from, index) =>
    index % 2 === 0 ? [`${instant(from)} to ${instant(edges[index + 1] ?? endMs)}`] : [],
  );
  const shown = spans.length > MOST ? [...spans.slice(0, 2), `... ${spans.length - 3} more ...`, spans.at(-1)] : spans;
  return shown.map((span) => `\n    ${span}`).join("");
}
