import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StateFile } from "@camclips/local";
import { testFolder, until } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { DropFolder } from "./drop-folder.ts";
import type { Site } from "./site.ts";

it("files that cannot be moved away are no reason to leave the others, and are told once", async () => {
  await using folder = await testFolder();
  using file = new StateFile(":memory:");
  const request: Site["runtime"]["request"] = (_body, _sentMs, also) =>
    file.write((transaction) => also?.(transaction));
  const site = { runtime: { state: file, request }, clock: { now: Date.now } } as unknown as Site;
  const old = new Date(Date.now() - 60_000);
  // Folders list their files in any order: some of these come first.
  const stuck = ["a", "b", "c", "d", "e", "f", "g", "h"];
  for (const name of [...stuck, "good"]) {
    const path = join(folder.path, `${name}.json`);
    const range = { startTimestampInMs: old.getTime(), endTimestampInMs: old.getTime() + 1000 };
    await writeFile(path, JSON.stringify({ clipId: name, cameraId: "pier", ...range }));
    await utimes(path, old, old);
    if (name !== "good") await mkdir(join(folder.path, "accepted", `${name}.json`, "full"), { recursive: true });
  }
  const errors: unknown[] = [];
  const drop = new DropFolder(folder.path, site, (error) => errors.push(error));
  await drop.start();
  await until(async () => (await readdir(join(folder.path, "accepted"))).includes("good.json"));
  await drop.stop();
  expect(errors).toHaveLength(stuck.length);
  const again = new DropFolder(folder.path, site, (error) => errors.push(error));
  await again.start();
  await again.stop();
  expect((await readdir(folder.path)).filter((name) => name.endsWith(".json"))).toHaveLength(stuck.length);
});
