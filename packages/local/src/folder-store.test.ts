import { spawnSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { appendFile, lstat, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { objectStoreContract } from "@camclips/testing/contracts/object-store";
import { filesIn, testFolder } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { shortName, type Version, versionOf } from "./file-version.ts";
import { createFolderStore } from "./folder-store.ts";
import { ownerOf } from "./processes.ts";

async function open() {
  const folder = await testFolder();
  return {
    folder: folder.path,
    store: createFolderStore(folder.path),
    leftovers: async () => (await filesIn(folder.path)).filter((name) => !name.startsWith(".metadata/")),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

objectStoreContract("a folder", open);

const text = (value: string) => Buffer.from(value);
const options = { contentType: "text/plain" };

describe("a folder as a bucket", () => {
  it("moves no bytes where a second name is enough, also of a recording that is a link itself", async () => {
    await using tested = await open();
    const [file, copy] = [join(tested.folder, "..body"), join(tested.folder, "..copy")];
    await writeFile(file, "abc");
    await tested.store.putStream("a", () => createReadStream(file), 3, { ...options, file });
    await symlink("a", join(tested.folder, "linked"));
    await (await tested.store.open("linked"))?.copyTo?.(copy);
    const inodes = await Promise.all(
      [file, join(tested.folder, "a"), copy].map(async (path) => (await lstat(path)).ino),
    );
    expect(new Set(inodes).size).toBe(1);
  });

  it.each(["", "..", "../x", "a/../../x", "/etc/passwd", "./..", "."])("lets no key out: %j", async (key) => {
    await using tested = await open();
    const { store } = tested;
    await expect(store.put(key, text("x"), options)).rejects.toThrow(/leaves its bucket/);
    await expect(store.info(key)).rejects.toThrow(/leaves its bucket/);
    await expect(store.open(key)).rejects.toThrow(/leaves its bucket/);
    await expect((async () => store.get(key))()).rejects.toThrow(/leaves its bucket/);
  });

  it("has no object where a folder is, and no metadata for files that others put there", async () => {
    await using tested = await open();
    await mkdir(join(tested.folder, "cam"));
    await writeFile(join(tested.folder, "cam", "a.mp4"), "abc");
    expect(await tested.store.info("cam")).toBeUndefined();
    expect(await tested.store.get("cam")).toBeUndefined();
    expect(await tested.store.info("cam/a.mp4")).toMatchObject({ bytes: 3, metadata: {} });
  });

  it("reads metadata where earlier versions of it were written", async () => {
    await using tested = await open();
    await tested.store.put("a", text("abc"), { ...options, metadata: { by: "one" } });
    const metadata = join(tested.folder, ".metadata");
    await rm(metadata, { recursive: true });
    expect((await tested.store.info("a"))?.metadata).toEqual({});
    const version = (await versionOf(join(tested.folder, "a"))) as Version;
    await mkdir(join(metadata, "a"), { recursive: true });
    const oldest = join(metadata, "a", `${version.version}.json`);
    await writeFile(oldest, JSON.stringify({ by: "one" }));
    expect((await tested.store.info("a"))?.metadata).toEqual({ by: "one" });
    await rename(oldest, join(metadata, `a~${shortName(version)}`));
    expect((await tested.store.info("a"))?.metadata).toEqual({ by: "one" });
  });

  it("describes an object whose name is as long as those of clips may be", async () => {
    await using tested = await open();
    const key = `cam/${"x".repeat(200)}_storyboard.jpg`;
    await tested.store.put(key, text("abc"), { ...options, metadata: { by: "one" } });
    expect((await tested.store.info(key))?.metadata).toEqual({ by: "one" });
    const plain = `cam/${"x".repeat(255)}`;
    await tested.store.put(plain, text("abc"), options);
    expect((await tested.store.info(plain))?.metadata).toEqual({});
  });

  it("keeps what is said of a file that is put under its own name again, and takes what replaces it", async () => {
    await using tested = await open();
    const file = join(tested.folder, "..body");
    await writeFile(file, "abc");
    const put = (by: string | undefined, ifAbsent: boolean) =>
      tested.store.putStream("a", () => createReadStream(file), 3, {
        ...options,
        file,
        ifAbsent,
        ...(by && { metadata: { by } }),
      });
    const metadata = async () => (await tested.store.info("a"))?.metadata;
    expect([await put("one", true), await put("two", true)]).toEqual([true, false]);
    expect(await metadata()).toEqual({ by: "one" });
    expect(await put("two", false)).toBe(true);
    expect(await metadata()).toEqual({ by: "two" });
    expect(await put(undefined, false)).toBe(true);
    expect(await metadata()).toEqual({});
    expect((await filesIn(tested.folder)).filter((name) => name.startsWith(".unfinished"))).toEqual([]);
  });

  it("keeps a clip's metadata and that of what lies beside it in one file", async () => {
    await using tested = await open();
    const keys = ["mp4", "jpg"].flatMap((format) => [`cam/front_1.${format}`, `cam/front_2.${format}`]);
    const beside = ["_300.jpg", "_original.webp", "_storyboard.vtt"].map((name) => `cam/front_1${name}`);
    await Promise.all(
      [...keys, ...beside].map((key) => tested.store.put(key, text(key), { ...options, metadata: { of: key } })),
    );
    for (const key of [...keys, ...beside]) expect((await tested.store.info(key))?.metadata).toEqual({ of: key });
    // A picture "front_1.jpg" may be the clip "front"'s.
    expect(await readdir(join(tested.folder, ".metadata", "cam"))).toEqual([
      "front.lines",
      "front_1.lines",
      "front_2.lines",
    ]);
  });

  it("reads what was said after a process was killed while it wrote", async () => {
    await using tested = await open();
    await tested.store.put("cam/a.mp4", text("abc"), { ...options, metadata: { by: "one" } });
    await appendFile(join(tested.folder, ".metadata", "cam", "a.lines"), '\n{"name":"a.mp4","vers');
    expect((await tested.store.info("cam/a.mp4"))?.metadata).toEqual({ by: "one" });
    await tested.store.put("cam/a.mp4", text("abcd"), { ...options, metadata: { by: "two" } });
    expect((await tested.store.info("cam/a.mp4"))?.metadata).toEqual({ by: "two" });
  });

  it("lists nothing where there is no folder, and does not take one that it cannot read for empty", async () => {
    await using tested = await open();
    await writeFile(join(tested.folder, "file"), "");
    // Root reads every folder: a link in a circle stands for one that cannot be read.
    await symlink("circle", join(tested.folder, "circle"));
    const keysIn = (prefix: string) => Array.fromAsync(tested.store.list(prefix));
    expect(await keysIn("none/")).toEqual([]);
    expect(await keysIn("file/")).toEqual([]);
    await expect(keysIn("circle/")).rejects.toThrow(/ELOOP/);
  });

  it("notices a file that somebody else writes into", async () => {
    await using tested = await open();
    await tested.store.put("a", text("0123456789"), options);
    const object = await tested.store.open("a");
    await writeFile(join(tested.folder, "a"), "0123456789!");
    await expect(object?.read(0, 5)).rejects.toThrow(/changed while it was read/);
  });

  it("leaves nothing unfinished of an object that cannot get its name", async () => {
    await using tested = await open();
    const { store } = tested;
    // The name's folder is a link to nowhere: the object cannot get its name, as after a kill at that moment.
    await store.put("a", text("first"), { ...options, metadata: { by: "one" } });
    await symlink(join(tested.folder, "nowhere"), join(tested.folder, "b"));
    await expect(store.put("b/c", text("x"), { ...options, metadata: { by: "two" } })).rejects.toThrow();
    expect((await store.info("a"))?.metadata).toEqual({ by: "one" });
    expect((await filesIn(tested.folder)).filter((name) => name.startsWith(".unfinished"))).toEqual([]);
  });

  it("removes what a killed process left unfinished, and leaves what a living one writes", async () => {
    await using tested = await open();
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const unfinished = join(tested.folder, ".unfinished");
    await mkdir(unfinished);
    await writeFile(join(unfinished, `${pid}-1700000000000.of-the-dead`), "half");
    await writeFile(join(unfinished, `${process.pid}-1700000000000.of-an-earlier-process-with-this-id`), "half");
    await writeFile(join(unfinished, `${ownerOf(process.ppid)}.of-the-living`), "half");
    await tested.store.put("a", text("x"), options);
    expect(await filesIn(unfinished)).toEqual([`${ownerOf(process.ppid)}.of-the-living`]);
  });
});
