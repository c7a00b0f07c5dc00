// Plain JavaScript, as the launcher: an older Node reads it, too.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * What the launcher runs: the bundle that `npm ci` made, while every source that it was made of is as it was then;
 * otherwise the sources. Many small files take three times as long to start as one.
 * @param {string} cli folder of the package
 */
export function programIn(cli) {
  return isFresh(cli) ? join(cli, "dist", "main.js") : join(cli, "src", "main.ts");
}

/** Beside the bundle: paths of its sources, with their sizes and times. */
export const SOURCES_FILE = "sources.json";

/** @param {string} path */
export function stateOf(path) {
  const { size, mtimeMs } = statSync(path);
  return `${size} ${mtimeMs}`;
}

/** @param {string} cli */
function isFresh(cli) {
  try {
    const sources = Object.entries(JSON.parse(readFileSync(join(cli, "dist", SOURCES_FILE), "utf8")));
    return sources.every(([path, state]) => stateOf(join(cli, path)) === state);
  } catch {
    // There is none, or it is not whole, or a source is gone.
    return false;
  }
}
