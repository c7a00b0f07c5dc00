import type { Size } from "./sweep.ts";

/** For docs and terminals alike; the least of a column is marked. */
export function memoryTable(sizes: readonly Size[]): string {
  const least = (of: (size: Size) => number) => Math.min(...sizes.map(of));
  const [quickest, cheapest] = [least(({ durationMs }) => durationMs), least(({ usd }) => usd)];
  const mark = (text: string, isLeast: boolean) => (isLeast ? `**${text}**` : text);
  const milliseconds = (value: number) => Math.round(value).toLocaleString("en");
  const rows = sizes.map(({ memoryMb, durationMs, billedMs, usedMb, startMs, usd }) => [
    memoryMb.toLocaleString("en"),
    mark(milliseconds(durationMs), durationMs === quickest),
    milliseconds(billedMs),
    milliseconds(usedMb),
    startMs === undefined ? "" : milliseconds(startMs),
    mark(usd.toFixed(3), usd === cheapest),
  ]);
  const head = ["memory, MB", "ms", "billed ms", "most memory used, MB", "cold start, ms", "USD for 1,000 clips"];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
