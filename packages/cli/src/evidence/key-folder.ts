import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type KeySet, keySet, newKey, type PublicKey, publicKeyIn } from "@camclips/evidence/keys";
import { UsageError } from "../exit-codes.ts";

/** The folder of whoever signs: a private key, and the public keys that were ever used. */

export const DEFAULT_FOLDER = ".camclips/evidence";
export const keyFile = (folder: string): string => join(folder, "key.pem");
export const keysFile = (folder: string): string => join(folder, "keys.json");

/** @throws UsageError when there is no such list, or it is none. */
export async function readKeys(path: string): Promise<KeySet> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new UsageError(`there is no list of keys ${path}: "camclips evidence init" makes a key and its list`);
  });
  try {
    return keySet.parse(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`${path} is no list of public keys (JWKS): ${(error as Error).message.split("\n")[0]}`);
  }
}

/** Makes a private key and adds its public one to the list: first the list, so that no signature is of a key unheard of. */
export async function makeKey(folder: string, others: KeySet): Promise<PublicKey> {
  await mkdir(folder, { recursive: true });
  const pem = newKey();
  const key = await publicKeyIn(pem);
  await writeKeys(folder, { keys: [...others.keys, key] });
  await replace(keyFile(folder), pem, 0o600);
  return key;
}

export async function writeKeys(folder: string, keys: KeySet): Promise<void> {
  await mkdir(folder, { recursive: true });
  await replace(keysFile(folder), `${JSON.stringify(keys, null, 2)}\n`, 0o644);
}

async function replace(path: string, text: string, mode: number): Promise<void> {
  const unfinished = `${path}.${process.pid}.unfinished`;
  await writeFile(unfinished, text, { mode, flag: "wx" });
  await rename(unfinished, path);
}
