import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { StateFile, type Transaction } from "./state-file.ts";

const insert = (name: string) => (transaction: Transaction) =>
  transaction.run("INSERT INTO entries (clip_id, name, expires_ms) VALUES ('c', ?, 0)", name);
const names = (file: StateFile) => file.read.rows("SELECT name FROM entries ORDER BY name").map(({ name }) => name);

describe("a state file", () => {
  it("undoes what fails, and nothing of what is written beside it", async () => {
    using file = new StateFile(":memory:");
    const writes = [
      file.write(insert("a")),
      file.write((transaction) => {
        insert("half")(transaction);
        throw new Error("broke");
      }),
      file.write(insert("b")),
      file.write(insert("a")),
    ];
    const ends = await Promise.allSettled(writes);
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
    expect(names(file)).toEqual(["a", "b"]);
  });

  it("shows nothing before it is committed", async () => {
    using file = new StateFile(":memory:");
    const write = file.write(insert("a"));
    expect(names(file)).toEqual([]);
    await write;
    expect(names(file)).toEqual(["a"]);
  });

  it("is there for the next one to open it, and to be read while it is written", async () => {
    await using folder = await testFolder();
    const path = join(folder.path, "state", "state.sqlite");
    using file = new StateFile(path);
    await file.write(insert("a"));
    using reader = new StateFile(path, { readOnly: true });
    expect(names(reader)).toEqual(["a"]);
    await file.write(insert("b"));
    expect(names(reader)).toEqual(["a", "b"]);
  });

  it("waits for the disk for what must survive a power cut, and for nothing else", async () => {
    await using folder = await testFolder();
    using file = new StateFile(join(folder.path, "state.sqlite"));
    const level = () => file.read.row("PRAGMA synchronous")?.synchronous;
    await file.write(insert("a"), { durable: false });
    expect(level()).toBe(1);
    await Promise.all([file.write(insert("b"), { durable: false }), file.write(insert("c"))]);
    expect(level()).toBe(2);
  });

  it("refuses what comes after its end", async () => {
    const file = new StateFile(":memory:");
    const write = file.write(insert("a"));
    file[Symbol.dispose]();
    await expect(write).rejects.toThrow("not open");
  });
});
