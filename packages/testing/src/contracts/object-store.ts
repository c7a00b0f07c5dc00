import { createReadStream } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ObjectChangedError, type ObjectStore } from "../../../core/src/ports.ts";
import { testFolder } from "../folders.ts";

/** The contract of the ObjectStore port as tests: every adapter runs the same ones. Not part of the product. */

export interface StoreUnderTest extends AsyncDisposable {
  store: ObjectStore;
  /** Every key that lies in the bucket, also unfinished or hidden things; to see that nothing is left behind. */
  leftovers(): Promise<string[]>;
}

const text = (value: string): Uint8Array => Buffer.from(value);
const options = { contentType: "text/plain" };
const read = async (body: Promise<Uint8Array | undefined>) => {
  const bytes = await body;
  return bytes && Buffer.from(bytes).toString("utf8");
};

async function* chunksOf(...chunks: (string | Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    yield typeof chunk === "string" ? text(chunk) : chunk;
  }
}

/** More than one part of an upload. */
const LARGE = 9 * 1024 * 1024;
const large = Buffer.alloc(LARGE, "0123456789abcdef");

export function objectStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name}, as an object store,`, () => {
    it("has nothing under a key that was never written", async () => {
      await using tested = await open();
      const { store } = tested;
      for (const key of ["a", "a/b/c.mp4", "a/b", "a".repeat(200)]) {
        expect(await store.get(key)).toBeUndefined();
        expect(await store.info(key)).toBeUndefined();
        expect(await store.open(key)).toBeUndefined();
      }
      expect(await Array.fromAsync(store.list(""))).toEqual([]);
    });

    it("gives back what was written, with its size and metadata", async () => {
      await using tested = await open();
      const { store } = tested;
      expect(await store.put("a/b.json", text("hello"), { ...options, metadata: { request: "r-1" } })).toBe(true);
      expect(await read(store.get("a/b.json"))).toBe("hello");
      const info = await store.info("a/b.json");
      expect(info).toMatchObject({ key: "a/b.json", bytes: 5, metadata: { request: "r-1" } });
      expect(info?.etag).not.toBe("");
      expect(await store.put("empty", text(""), options)).toBe(true);
      expect(await store.info("empty")).toMatchObject({ bytes: 0, metadata: {} });
      expect(await read(store.get("empty"))).toBe("");
    });

    it("replaces an object, its metadata with it, under another etag", async () => {
      await using tested = await open();
      const { store } = tested;
      await store.put("a", text("first"), { ...options, metadata: { sha256: "1" } });
      const before = await store.info("a");
      expect(await store.put("a", text("second"), options)).toBe(true);
      const after = await store.info("a");
      expect(await read(store.get("a"))).toBe("second");
      expect(after?.metadata).toEqual({});
      expect(after?.etag).not.toBe(before?.etag);
    });

    it("writes to a free key only, when asked to, and says whether it did", async () => {
      await using tested = await open();
      const { store } = tested;
      expect(await store.put("a", text("first"), { ...options, ifAbsent: true, metadata: { by: "one" } })).toBe(true);
      expect(await store.put("a", text("second"), { ...options, ifAbsent: true, metadata: { by: "two" } })).toBe(false);
      expect(await store.putStream("a", () => chunksOf("third"), 5, { ...options, ifAbsent: true })).toBe(false);
      expect(await read(store.get("a"))).toBe("first");
      expect((await store.info("a"))?.metadata).toEqual({ by: "one" });
      expect(await tested.leftovers()).toEqual(["a"]);
    });

    it("lets one of many who write to a free key at once win, with its own metadata", async () => {
      await using tested = await open();
      const { store } = tested;
      const writers = Array.from({ length: 12 }, (_, index) => String(index));
      const won = await Promise.all(
        writers.map((by) => store.put("a/b", text(by), { ...options, ifAbsent: true, metadata: { by } })),
      );
      const winners = writers.filter((_, index) => won[index]);
      expect(winners).toHaveLength(1);
      expect(await read(store.get("a/b"))).toBe(winners[0]);
      expect((await store.info("a/b"))?.metadata).toEqual({ by: winners[0] });
      expect(await tested.leftovers()).toEqual(["a/b"]);
    });

    it("streams objects of any size, also to a free key only", async () => {
      await using tested = await open();
      const { store } = tested;
      const chunks = () => chunksOf(large.subarray(0, 5_000_000), large.subarray(5_000_000));
      expect(await store.putStream("small", () => chunksOf("ab", "", "cd"), 4, options)).toBe(true);
      expect(await read(store.get("small"))).toBe("abcd");
      const conditional = { ...options, ifAbsent: true, metadata: { sha256: "x" } };
      expect(await store.putStream("large", chunks, LARGE, conditional)).toBe(true);
      expect(await store.putStream("large", chunks, LARGE, conditional)).toBe(false);
      expect(await store.info("large")).toMatchObject({ bytes: LARGE, metadata: { sha256: "x" } });
      const object = await store.open("large");
      expect(Buffer.from((await object?.read(0, LARGE)) ?? []).equals(large)).toBe(true);
    });

    it("takes a body that lies in a file, and keeps it when that file is gone", async () => {
      await using tested = await open();
      await using folder = await testFolder();
      const { store } = tested;
      const file = join(folder.path, "body");
      await writeFile(file, large);
      const put = (key: string, bytes: number) =>
        store.putStream(key, () => createReadStream(file), bytes, { ...options, file, ifAbsent: true });
      expect(await put("a", LARGE)).toBe(true);
      expect(await put("a", LARGE)).toBe(false);
      await expect(put("b", LARGE - 1)).rejects.toThrow(/bytes/);
      await rm(file);
      expect(await store.info("a")).toMatchObject({ bytes: LARGE });
      expect(Buffer.from((await store.get("a")) ?? []).equals(large)).toBe(true);
      expect(await tested.leftovers()).toEqual(["a"]);
    });

    it("makes a file of an object, of the version that was opened, where it does so at all", async () => {
      await using tested = await open();
      await using folder = await testFolder();
      const { store } = tested;
      await store.put("a", text("first"), options);
      const object = await store.open("a");
      if (!object?.copyTo) return;
      await object.copyTo(join(folder.path, "copy"));
      await store.put("a", text("second"), options);
      expect(await readFile(join(folder.path, "copy"), "utf8")).toBe("first");
      await expect(object.copyTo(join(folder.path, "late"))).rejects.toThrow(ObjectChangedError);
    });

    it("copies an object, with metadata of its own, and keeps the copy when the other one is replaced", async () => {
      await using tested = await open();
      const { store } = tested;
      const from = "pier/ä %23+1.mp4";
      await store.put(from, text("first"), { ...options, metadata: { request: "r-1", sha256: "1" } });
      const { etag = "" } = (await store.info(from)) ?? {};
      expect(await store.copy({ key: from, etag }, "a/c", { ...options, metadata: { request: "r-2" } })).toBe(true);
      expect(await store.info("a/c")).toMatchObject({ bytes: 5, metadata: { request: "r-2" } });
      expect(await store.copy({ key: from, etag }, "a/c", { ...options, metadata: { request: "r-3" } })).toBe(true);
      await store.put(from, text("second"), options);
      expect(await read(store.get("a/c"))).toBe("first");
      expect((await store.info("a/c"))?.metadata).toEqual({ request: "r-3" });
      expect((await tested.leftovers()).sort()).toEqual(["a/c", from]);
    });

    it("copies to a free key only, when asked to, and says whether it did", async () => {
      await using tested = await open();
      const { store } = tested;
      await store.put("b", text("first"), options);
      await store.put("a", text("second"), { ...options, metadata: { by: "one" } });
      const { etag = "" } = (await store.info("b")) ?? {};
      const copy = (key: string) => store.copy({ key: "b", etag }, key, { ...options, ifAbsent: true });
      expect([await copy("a"), await copy("free"), await copy("free")]).toEqual([false, true, false]);
      expect(await read(store.get("a"))).toBe("second");
      expect((await store.info("a"))?.metadata).toEqual({ by: "one" });
      expect((await tested.leftovers()).sort()).toEqual(["a", "b", "free"]);
    });

    it("copies no other version than the one that was looked at", async () => {
      await using tested = await open();
      const { store } = tested;
      await store.put("a", text("first"), options);
      const { etag = "" } = (await store.info("a")) ?? {};
      await store.put("a", text("other"), options);
      for (const ifAbsent of [true, false]) {
        const conditional = { ...options, ifAbsent };
        await expect(store.copy({ key: "a", etag }, "b", conditional)).rejects.toThrow(ObjectChangedError);
        await expect(store.copy({ key: "gone", etag }, "b", conditional)).rejects.toThrow(ObjectChangedError);
      }
      const aborted = { ...options, signal: AbortSignal.abort(new Error("time is up")) };
      const now = (await store.info("a"))?.etag ?? "";
      await expect(store.copy({ key: "a", etag: now }, "b", aborted)).rejects.toThrow();
      expect(await tested.leftovers()).toEqual(["a"]);
    });

    it.each([
      ["small", 4],
      ["large", LARGE],
    ])("leaves nothing of a %s stream that breaks, is too short or too long", async (_, bytes) => {
      await using tested = await open();
      const { store } = tested;
      const body = large.subarray(0, bytes);
      const broken = new Error("the source broke");
      await expect(
        store.putStream("a", () => chunksOf(body.subarray(0, -1), broken), bytes, options),
      ).rejects.toThrow();
      await expect(store.putStream("a", () => chunksOf(body.subarray(0, -1)), bytes, options)).rejects.toThrow(/bytes/);
      await expect(store.putStream("a", () => chunksOf(body, "x"), bytes, options)).rejects.toThrow(/bytes/);
      expect(await store.info("a")).toBeUndefined();
      expect(await tested.leftovers()).toEqual([]);
    });

    it("leaves what was there when a stream over it breaks", async () => {
      await using tested = await open();
      const { store } = tested;
      await store.put("a", text("first"), { ...options, metadata: { by: "one" } });
      await expect(store.putStream("a", () => chunksOf("se", new Error("broke")), 6, options)).rejects.toThrow();
      expect(await read(store.get("a"))).toBe("first");
      expect((await store.info("a"))?.metadata).toEqual({ by: "one" });
    });

    it("writes nothing once the stage was aborted", async () => {
      await using tested = await open();
      const { store } = tested;
      const signal = AbortSignal.abort(new Error("time is up"));
      await expect(store.put("a", text("x"), { ...options, signal })).rejects.toThrow();
      await expect(store.putStream("b", () => chunksOf(large), LARGE, { ...options, signal })).rejects.toThrow();
      expect(await tested.leftovers()).toEqual([]);
    });

    it("reads ranges of an open object, and counts what that cost", async () => {
      await using tested = await open();
      const { store } = tested;
      await store.put("a", text("0123456789"), options);
      const object = await store.open("a");
      if (!object) throw new Error("it is not there");
      expect(object.size).toBe(10);
      expect(Buffer.from(await object.read(2, 5)).toString()).toBe("234");
      expect(Buffer.from(await object.read(8, 50)).toString()).toBe("89");
      expect(Buffer.concat(await Array.fromAsync(object.stream(0, 10))).toString()).toBe("0123456789");
      expect(object.fetched).toEqual({ bytes: 15, requests: 3 });
    });

    it("notices that an object it reads was replaced or is gone, instead of mixing two", async () => {
      await using tested = await open();
      const { store } = tested;
      await store.put("a", text("0123456789"), options);
      const object = await store.open("a");
      await object?.read(0, 2);
      await store.put("a", text("abcdefghij"), options);
      await expect(object?.read(2, 4)).rejects.toThrow(ObjectChangedError);
    });

    it("lists the keys of a prefix in order, whole names and beginnings", async () => {
      await using tested = await open();
      const { store } = tested;
      for (const key of ["events/c-1/b.json", "events/c-1/a.json", "events/c-10/x.json", "other/y.json"])
        await store.put(key, text("x"), options);
      const listed = (prefix: string) => Array.fromAsync(store.list(prefix));
      expect(await listed("events/c-1/")).toEqual(["events/c-1/a.json", "events/c-1/b.json"]);
      expect(await listed("events/c-1")).toEqual(["events/c-1/a.json", "events/c-1/b.json", "events/c-10/x.json"]);
      expect(await listed("events/c-1/a")).toEqual(["events/c-1/a.json"]);
      expect(await listed("nothing/")).toEqual([]);
      expect(await listed("")).toHaveLength(4);
    });

    it("can be used by parts, as functions of their own", async () => {
      await using tested = await open();
      const { store } = tested;
      const copied: ObjectStore = { ...store };
      expect(await copied.putStream("a", () => chunksOf("abc"), 3, options)).toBe(true);
      expect(await copied.put("a", text("abc"), { ...options, ifAbsent: true })).toBe(false);
    });
  });
}
