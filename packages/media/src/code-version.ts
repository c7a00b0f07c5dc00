import { createHash } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Packages whose code decides a byte of a clip or of what lies beside it. */
const PACKAGES = "{containers,core,events,evidence,functions,media,mp4}";

/**
 * Names the code that makes clips by what is in its files: versions of packages do not change with every change.
 * @param root of the repository.
 * @returns undefined when the code is not there.
 */
export async function codeVersion(root: string): Promise<string | undefined> {
  const found = await Array.fromAsync(glob(`packages/${PACKAGES}/src/**/*.ts`, { cwd: root }));
  const sources = found.filter((name) => !name.endsWith(".test.ts")).sort();
  if (sources.length === 0) return undefined;
  const hash = createHash("sha256");
  for (const name of sources) hash.update(`${name}\0`).update(await readFile(join(root, name)));
  return hash.digest("hex");
}
