import { constants, createReadStream } from "node:fs";
import { copyFile, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { ObjectChangedError, type ObjectStore, type PutOptions } from "@camclips/core";
import { RangedObject } from "@camclips/core/ranged-object";
import {
  inFolder,
  isCode,
  linkOrCopy,
  readIfThere,
  settle,
  sweepUnfinished,
  temporaryFor,
  writeTemporary,
  writeWhole,
} from "./files.ts";

/** Folders in the root that hold no objects. */
const METADATA = ".metadata";
const OWN = new Set([METADATA, ".unfinished"]);

/** Node's own 64 KB are many calls for a recording. */
const READ_BYTES = 1024 * 1024;

interface Version {
  bytes: number;
  /** Inode, time and size: the same file before and after it gets its name. */
  version: string;
}

const etagOf = (found: Version | undefined): string => (found ? `"${found.version}"` : "");

/** A folder that behaves as an S3 bucket: whole objects, conditional writes, range reads of one version, metadata. */
export function createFolderStore(root: string): ObjectStore {
  const base = resolve(root);
  let swept: Promise<void> | undefined;

  const pathOf = (key: string): string => {
    const path = resolve(base, key);
    if (key === "" || !path.startsWith(base + sep)) throw new Error(`the key "${key}" leaves its bucket`);
    return path;
  };

  /** Metadata belongs to one version of an object, so that a crash never gives it to another one. */
  const metadataPath = (key: string, { version }: Version) => join(base, METADATA, key, `${version}.json`);

  const settleObject = async (
    temporary: string,
    key: string,
    { ifAbsent = false, metadata = {} }: PutOptions,
  ): Promise<boolean> => {
    const described = Object.keys(metadata).length > 0;
    const written = described ? await versionOf(temporary) : undefined;
    const replaced = ifAbsent ? undefined : await versionOf(pathOf(key));
    if (written) await writeWhole(base, metadataPath(key, written), JSON.stringify(metadata));
    const settled = await settle(temporary, pathOf(key), ifAbsent);
    const obsolete = settled ? replaced : written;
    if (obsolete) await rm(metadataPath(key, obsolete), { force: true });
    return settled;
  };

  const sweep = () => {
    swept ??= sweepUnfinished(base);
    return swept;
  };

  return {
    async info(key) {
      const path = pathOf(key);
      for (;;) {
        const found = await versionOf(path);
        if (!found) return undefined;
        const metadata = await readIfThere(metadataPath(key, found));
        // An object that was replaced meanwhile has taken its metadata along.
        if (!metadata && (await versionOf(path))?.version !== found.version) continue;
        const { bytes } = found;
        return { key, bytes, etag: etagOf(found), metadata: metadata ? JSON.parse(metadata.toString("utf8")) : {} };
      }
    },
    async open(key) {
      const path = pathOf(key);
      const found = await versionOf(path);
      if (!found) return undefined;
      const fetchRange = async (start: number, end: number, signal?: AbortSignal) => {
        const now = await versionOf(path);
        if (now?.version !== found.version) throw new ObjectChangedError(`${key} changed while it was read`);
        return createReadStream(path, { start, end: end - 1, signal, highWaterMark: READ_BYTES });
      };
      const copyTo = async (target: string) => {
        await linkOrCopy(path, target);
        if ((await versionOf(path))?.version !== found.version)
          throw new ObjectChangedError(`${key} changed while it was copied`);
      };
      return Object.assign(new RangedObject({ size: found.bytes, etag: etagOf(found), fetchRange }), { copyTo });
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
      const temporary = temporaryFor(base);
      return discarding(temporary, async () => {
        const { file } = options;
        if (file) await inFolder(dirname(temporary), () => linkOrCopy(file, temporary));
        else await writeBody(temporary, openBody(), options.signal);
        const size = (await versionOf(temporary))?.bytes;
        if (size !== bytes) throw new Error(`${key}: ${size} bytes came, ${bytes} were promised`);
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
  // Opened first: a stream that fails while it opens its file would make it after it was removed.
  const file = await inFolder(dirname(path), () => open(path, "w"));
  await pipeline(body, file.createWriteStream(), { signal });
}

/** Removes an unfinished file when what should finish it fails. */
async function discarding<T>(temporary: string, finish: () => Promise<T>): Promise<T> {
  try {
    return await finish();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function versionOf(path: string): Promise<Version | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) return undefined;
    return { bytes: Number(found.size), version: `${found.ino}-${found.mtimeNs}-${found.size}` };
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR") || isCode(error, "ENAMETOOLONG")) return undefined;
    throw error;
  }
}
