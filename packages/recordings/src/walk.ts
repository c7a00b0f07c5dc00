import { readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Every file below a folder, relative with `/`; folder by folder, so that a million of them need no memory. Links to folders are
 * not followed.
 * @throws what reading the folder itself says; a folder in it that cannot be read is left out.
 */
export async function* walk(root: string, ignores: (path: string) => boolean = () => false): AsyncGenerator<string> {
  const pending = [""];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries = await entriesOf(join(root, folder), folder === "");
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (ignores(path)) continue;
      if (entry.isDirectory()) pending.push(path);
      else if (entry.isFile() || entry.isSymbolicLink()) yield path;
    }
  }
}

async function entriesOf(folder: string, isRoot: boolean) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (isRoot) throw error;
    return [];
  }
}
