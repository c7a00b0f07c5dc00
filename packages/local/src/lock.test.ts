import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesIn, testFolder } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { lockState, StateInUseError } from "./lock.ts";

const lockFile = fileURLToPath(new URL("lock.ts", import.meta.url));

describe("the lock of a state folder", () => {
  it("is taken by one, and can be taken again once it was given back", async () => {
    await using folder = await testFolder();
    const unlock = await lockState(folder.path);
    await expect(lockState(folder.path)).rejects.toThrow(StateInUseError);
    await expect(lockState(folder.path)).rejects.toThrow(`in use by process ${process.pid}`);
    unlock();
    (await lockState(folder.path))();
    expect(await filesIn(folder.path)).toEqual([]);
  });

  it("is respected between processes, and falls when its process is killed", async () => {
    await using folder = await testFolder();
    const script = `import { lockState } from ${JSON.stringify(lockFile)}; await lockState(${JSON.stringify(folder.path)}); console.log("locked"); setInterval(() => {}, 1000);`;
    const other = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(other.stdout, "data");
    await expect(lockState(folder.path)).rejects.toThrow(`in use by process ${other.pid}`);
    other.kill("SIGKILL");
    await once(other, "exit");
    (await lockState(folder.path))();
  });

  it.each([
    ["a process that is gone", () => `${spawnSync(process.execPath, ["--version"]).pid}-1700000000000`],
    ["an earlier process that had this one's id, as in a container", () => `${process.pid}-1700000000000`],
    ["nobody", () => ""],
    ["something else", () => "hello"],
  ])("counts as none when it is that of %s", async (_, owner) => {
    await using folder = await testFolder();
    await mkdir(folder.path, { recursive: true });
    await writeFile(join(folder.path, "lock"), owner());
    const taken = await Promise.allSettled(Array.from({ length: 8 }, () => lockState(folder.path)));
    const [mine, ...others] = taken.filter(({ status }) => status === "fulfilled");
    expect(others).toEqual([]);
    if (mine?.status === "fulfilled") mine.value();
    expect(await filesIn(folder.path)).toEqual([]);
  });
});
