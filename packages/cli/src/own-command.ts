import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** A word as a shell takes it, that no command takes for an option. */
export function shellWord(text: string): string {
  const word = /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  return text.startsWith("-") ? `-- ${word}` : word;
}

/**
 * How to run this program from a folder. `npx camclips` is safe inside the repository alone: elsewhere npx would ask the
 * registry for a package of that name, which is not ours.
 */
export function ownCommand(folder = process.cwd()): string {
  if (!relative(REPOSITORY, folder).startsWith("..")) return "npx camclips";
  const path = resolve(REPOSITORY, "node_modules", ".bin", "camclips");
  return /\s/.test(path) ? `"${path}"` : path;
}
