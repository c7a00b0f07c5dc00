import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesIn, testFolder, until } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { createFolderStore } from "./folder-store.ts";

const storeFile = fileURLToPath(new URL("folder-store.ts", import.meta.url));

/** Writes objects, replaces them and competes for them until it is killed. */
const writer = (folder: string) => `
  import { createFolderStore } from ${JSON.stringify(storeFile)};
  const store = createFolderStore(${JSON.stringify(folder)});
  console.log("writing");
  for (let at = 0; ; at += 1) {
    const body = Buffer.alloc(50_000, String(at % 10));
    const options = { contentType: "x", metadata: { digit: String(at % 10) }, ifAbsent: at % 3 === 0 };
    await Promise.all([store.put("cam/" + (at % 7), body, options), store.put("cam/" + process.pid + "-" + at, body, options)]);
  }`;

it("shows whole objects with their own metadata only, whenever their writer was killed", async () => {
  await using folder = await testFolder();
  for (const delay of [1, 7, 13, 29]) {
    const before = (await filesIn(join(folder.path, "cam"))).length;
    const script = ["--input-type=module", "--eval", writer(folder.path)];
    const child = spawn(process.execPath, script, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await until(async () => (await filesIn(join(folder.path, "cam"))).length > before);
    await new Promise((resolve) => setTimeout(resolve, delay));
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  const store = createFolderStore(folder.path);
  const keys = await Array.fromAsync(store.list(""));
  expect(keys.length).toBeGreaterThan(4);
  for (const key of keys) {
    const body = await readFile(join(folder.path, key));
    const digit = String.fromCharCode(body[0] ?? 0);
    expect(body.equals(Buffer.alloc(50_000, digit)), key).toBe(true);
    expect((await store.info(key))?.metadata, key).toEqual({ digit });
  }
  await store.put("one-more", Buffer.from("x"), { contentType: "x" });
  expect((await filesIn(folder.path)).filter((name) => name.startsWith(".unfinished"))).toEqual([]);
});
