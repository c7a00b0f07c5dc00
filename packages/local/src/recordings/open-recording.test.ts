import { appendFile, rename, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { Arena } from "./arena.ts";
import { openRecording } from "./open-recording.ts";

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

it("reads pieces of a file into the memory that it is given, one after the other", async () => {
  await using folder = await testFolder();
  const path = join(folder.path, "a.mp4");
  await writeFile(path, "0123456789");
  const arena = new Arena();
  const object = await openRecording(path, arena.take);
  const [first, second] = [await object?.read(0, 4), await object?.read(4, 99)];
  expect([text(first), text(second)]).toEqual(["0123", "456789"]);
  expect(second?.buffer).toBe(first?.buffer);
  expect(object?.fetched).toEqual({ bytes: 10, requests: 2 });
  arena.reset();
  expect((await object?.read(1, 2))?.byteOffset).toBe(0);
  // What it has no room for is given memory of its own.
  expect(arena.take(2 ** 24).buffer).not.toBe(first?.buffer);
});

it("reads on while the file grows, and refuses another file, or a part of it", async () => {
  await using folder = await testFolder();
  const path = join(folder.path, "a.mp4");
  await writeFile(path, "0123");
  const object = await openRecording(path);
  await appendFile(path, "4567");
  expect(text(await object?.read(2, 8))).toBe("23");
  await truncate(path, 3);
  await expect(object?.read(0, 2)).rejects.toThrow("was replaced while it was read");
  await writeFile(join(folder.path, "b.mp4"), "01234567");
  await rename(join(folder.path, "b.mp4"), path);
  await expect(object?.read(0, 2)).rejects.toThrow("was replaced while it was read");
  expect(await openRecording(join(folder.path, "c.mp4"))).toBeUndefined();
});
