import type { CaseResult, Results } from "./results.ts";
import { runs } from "./table.ts";

const HEADLINE = "From recordings to clip and thumbnails: processor time";
const WIDTH = 860;
const LABEL = 84;
const BAR = 22;
const GAP = 8;
const HEAD = 76;
const TITLE = 34;
const colours: Record<string, string> = { old: "#8a8f98", exact: "#c2762e", smart: "#2e7dc2", fast: "#2e9e6b" };

/** The processor time of each case that has both ways, as bars on one scale per case: the difference is the message. */
export function chart(results: Results): string {
  const cases = results.cases.filter(({ ways }) => ways.some(({ way }) => way === "old"));
  const heights = cases.map(({ ways }) => TITLE + ways.length * (BAR + GAP) + 14);
  const height = HEAD + heights.reduce((sum, one) => sum + one, 0) + 8;
  const panels = cases.map((one, index) => {
    return panel(one, HEAD + heights.slice(0, index).reduce((sum, other) => sum + other, 0));
  });
  const { machine, recordings } = results;
  const under = `${recordings.seconds / 60}-minute ${recordings.height}p recordings; ${machine.cores} cores, ${machine.ffmpeg}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="14">`,
    `<title>${HEADLINE}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="16" y="30" font-size="18" font-weight="600" fill="#1d2430">${HEADLINE}</text>`,
    `<text x="16" y="52" fill="#5b6370">${escapeText(under)}</text>`,
    ...panels.flat(),
    "</svg>",
    "",
  ].join("\n");
}

function panel(one: CaseResult, top: number): string[] {
  const { name, ways } = one;
  const most = Math.max(...ways.map(({ cpuSeconds }) => cpuSeconds.median));
  const space = WIDTH - LABEL - 330;
  const bars = ways.flatMap((result, index) => {
    const y = top + TITLE + index * (BAR + GAP);
    const width = Math.max(1.5, (result.cpuSeconds.median / most) * space);
    const { quality } = result;
    const frames = quality.exact ? "every frame right" : `${quality.frames} of ${quality.expectedFrames} frames`;
    const value = `${result.cpuSeconds.median.toFixed(1)} s, ${(result.bytesRead / 1e6).toFixed(0)} MB read, ${frames}`;
    const text = y + BAR - 6;
    return [
      `<text x="${LABEL + 6}" y="${text}" text-anchor="end" fill="#1d2430">${escapeText(result.way)}</text>`,
      `<rect x="${LABEL + 14}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="3" fill="${colours[result.way]}"/>`,
      `<text x="${(LABEL + 22 + width).toFixed(1)}" y="${text}" fill="#1d2430">${escapeText(value)}</text>`,
    ];
  });
  return [
    `<text x="16" y="${top + 20}" font-weight="600" fill="#1d2430">${escapeText(name)} <tspan font-weight="400" fill="#5b6370">${runs(one)}</tspan></text>`,
    ...bars,
  ];
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
