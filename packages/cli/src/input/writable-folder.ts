import { mkdir, mkdtemp, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../exit-codes.ts";
import { failures, refusals } from "../file-errors.ts";

/**
 * Makes a folder and tries to write into it: before the work, since results that cannot be put down are known last.
 * @param setting what names the folder, such as `--out`.
 * @param inside folders in it that will be written into as well, where they exist already.
 * @throws UsageError that says what is wrong with it.
 */
export async function makeWritable(folder: string, setting: string, inside: readonly string[] = []): Promise<void> {
  const root = resolve(folder);
  let at = root;
  try {
    await mkdir(root, { recursive: true });
    await tryToWrite(root);
    for (const name of inside) {
      at = join(root, name);
      if (await stat(at).catch(() => undefined)) await tryToWrite(at);
    }
  } catch (error) {
    const { code = "", message } = await reasonOf(error as NodeJS.ErrnoException, root);
    if (failures[code]) throw error;
    const problem = refusals[code] ? `${refusals[code]} (${at})` : message;
    throw new UsageError(
      `cannot write into ${setting} "${folder}": ${problem}; put it right, or name a folder that you may write into`,
      { cause: error },
    );
  }
}

/** With `recursive`, Node says "no such file or directory" for a file system that is read-only. */
async function reasonOf(error: NodeJS.ErrnoException, folder: string): Promise<NodeJS.ErrnoException> {
  if (error.code !== "ENOENT") return error;
  const parent = dirname(folder);
  const isFirst = parent === folder || (await stat(parent).catch(() => undefined));
  return isFirst
    ? mkdir(folder).then(
        () => error,
        (real: NodeJS.ErrnoException) => real,
      )
    : reasonOf(error, parent);
}

async function tryToWrite(folder: string): Promise<void> {
  await rmdir(await mkdtemp(join(folder, ".writable-")));
}
