import { constants, createReadStream } from "node:fs";
import { copyFile, link, lstat, mkdir, open, readdir, rm } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { ObjectChangedError, type ObjectStore, type OpenObject, type PutOptions } from "@camclips/core";
import { RangedObject } from "@camclips/core/ranged-object";
import { readVersion, type Version, versionIn, versionOf } from "./file-version.ts";
import {
  inFolder,
  isCode,
  linkOrCopy,
  readIfThere,
  settle,
  sweepUnfinished,
  temporaryFor,
  writeTemporary,
} from "./files.ts";
import { folderMetadata, METADATA } from "./folder-metadata.ts";

/** Folders in the root that hold no objects. */
const OWN = new Set([METADATA, ".unfinished"]);

/** Node's own 64 KB are many calls for a recording. */
const READ_BYTES = 1024 * 1024;

const etagOf = (found: Version | undefined): string => (found ? `"${found.version}"` : "");

/** A folder that behaves as an S3 bucket: whole objects, conditional writes, range reads of one version, metadata. */
export function createFolderStore(root: string): ObjectStore {
  const base = resolve(root);
  const described = folderMetadata(base);
  let swept: Promise<void> | undefined;

  const pathOf = (key: string): string => {
    const path = resolve(base, key);
    if (key === "" || !path.startsWith(base + sep)) throw new Error(`the key "${key}" leaves its bucket`);
    return path;
  };

  const settleObject = async (temporary: string, key: string, options: PutOptions): Promise<boolean> => {
    const { ifAbsent = false, metadata } = options;
    const written = await versionOf(temporary);
    // What has the name already stays described as it is, the same file, too.
    const stays = ifAbsent && (await versionOf(pathOf(key))) !== undefined;
    if (written && !stays) await described.write(key, written, metadata);
    return settle(temporary, pathOf(key), ifAbsent);
  };

  /** A finished file gets a free name at once. @returns false where that is not possible. */
  const nameFile = async (file: string, key: string, bytes: number, options: PutOptions): Promise<boolean> => {
    const found = await lstat(file, { bigint: true });
    if (!found.isFile()) return false;
    const version = versionIn(found);
    if (version.bytes !== bytes) throw wrongSize(key, version.bytes, bytes);
    const path = pathOf(key);
    if (await versionOf(path)) return false;
    await described.write(key, version, options.metadata);
    try {
      await inFolder(dirname(path), () => link(file, path));
      return true;
    } catch {
      // Somebody else has taken it meanwhile, or it is another file system.
      return false;
    }
  };

  const sweep = () => {
    swept ??= sweepUnfinished(base);
    return swept;
  };

  return {
    async info(key) {
      const found = await versionOf(pathOf(key));
      if (!found) return undefined;
      return { key, bytes: found.bytes, etag: etagOf(found), metadata: await described.read(key, found) };
    },
    async open(key) {
      const path = pathOf(key);
      const found = await versionOf(path);
      if (!found) return undefined;
      const changed = () => new ObjectChangedError(`${key} changed while it was read`);
      const fetchRange = async (start: number, end: number, signal?: AbortSignal) => {
        if (end - start <= READ_BYTES) return readVersion(path, found, [start, end], changed);
        if ((await versionOf(path))?.version !== found.version) throw changed();
        return createReadStream(path, { start, end: end - 1, signal, highWaterMark: READ_BYTES });
      };
      const copyTo = async (target: string) => {
        await linkOrCopy(path, target);
        if ((await versionOf(path))?.version !== found.version)
          throw new ObjectChangedError(`${key} changed while it was copied`);
      };
      const object = new RangedObject({ size: found.bytes, etag: etagOf(found), fetchRange });
      const readMany: OpenObject["readMany"] = (places, signal) =>
        Promise.all(places.map(([start, end]) => object.read(start, end, signal)));
      return Object.assign(object, { copyTo, readMany });
    },
    get: (key) => readIfThere(pathOf(key)),
    async put(key, body, options) {
      pathOf(key);
      await sweep();
      const temporary = await writeTemporary(base, body, options.signal);
      return discarding(temporary, () => settleObject(temporary, key, options));
    },
    async putStream(key, openBody, bytes, options) {
      pathOf(key);
      await sweep();
      const { file } = options;
      if (file && (await nameFile(file, key, bytes, options))) return true;
      const temporary = temporaryFor(base);
      return discarding(temporary, async () => {
        if (file) await inFolder(dirname(temporary), () => linkOrCopy(file, temporary));
        else await writeBody(temporary, openBody(), options.signal);
        const size = (await versionOf(temporary))?.bytes;
        if (size !== bytes) throw wrongSize(key, size, bytes);
        return settleObject(temporary, key, options);
      });
    },
    async copy({ key: from, etag }, key, options) {
      pathOf(key);
      await sweep();
      const temporary = temporaryFor(base);
      await mkdir(dirname(temporary), { recursive: true });
      const isSame = async () => etagOf(await versionOf(pathOf(from))) === etag;
      const changed = () => new ObjectChangedError(`${from} changed before it was copied`);
      return discarding(temporary, async () => {
        options.signal?.throwIfAborted();
        if (!(await isSame())) throw changed();
        // No second name of the same file: what somebody does to the one must not happen to the other.
        await copyFile(pathOf(from), temporary, constants.COPYFILE_FICLONE).catch((error: unknown) => {
          throw isCode(error, "ENOENT") ? changed() : error;
        });
        if (!(await isSame())) throw changed();
        return settleObject(temporary, key, options);
      });
    },
    async *list(prefix) {
      // Only whole folders and files below the last slash can match.
      const folder = join(base, prefix.slice(0, prefix.lastIndexOf("/") + 1));
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
        if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return [];
        throw error;
      });
      const keys = entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(base, join(entry.parentPath, entry.name)).split(sep).join("/"));
      for (const key of keys.sort()) if (key.startsWith(prefix) && !OWN.has(key.split("/", 1)[0] ?? "")) yield key;
    },
  };
}

async function writeBody(path: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  await using file = await inFolder(dirname(path), () => open(path, "w"));
  await file.writeFile(body, { signal });
}

const wrongSize = (key: string, bytes: number | undefined, promised: number): Error =>
  new Error(`${key}: ${bytes} bytes came, ${promised} were promised`);

/** Removes an unfinished file when what should finish it fails. */
async function discarding<T>(temporary: string, finish: () => Promise<T>): Promise<T> {
  try {
    return await finish();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
