import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { testFolder } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { giveStateBack, StateInUseError, takeState } from "./owner.ts";
import { StateFile } from "./sqlite/state-file.ts";

const urlOf = (file: string) => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));
const path = (folder: { path: string }) => join(folder.path, "state.sqlite");

/** A process that takes the state and keeps it. */
function startOwner(file: string) {
  const script = `
    import { takeState } from ${urlOf("owner.ts")};
    import { StateFile } from ${urlOf("sqlite/state-file.ts")};
    await takeState(new StateFile(${JSON.stringify(file)}), "state").then(() => console.log("taken"), () => console.log("refused"));
    setInterval(() => {}, 1000);`;
  const stdio: ["ignore", "pipe", "inherit"] = ["ignore", "pipe", "inherit"];
  return spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio });
}

describe("a state file", () => {
  it("is taken by one, and can be taken again once it was given back", async () => {
    await using folder = await testFolder();
    using file = new StateFile(path(folder));
    using other = new StateFile(path(folder));
    await takeState(file, "state");
    await expect(takeState(other, "state")).rejects.toThrow(StateInUseError);
    await expect(takeState(other, "state")).rejects.toThrow(`in use by process ${process.pid}`);
    await giveStateBack(file);
    await takeState(other, "state");
  });

  it("is taken by one of many processes that start at once, and is free when that one is killed", async () => {
    await using folder = await testFolder();
    const owners = [1, 2, 3].map(() => startOwner(path(folder)));
    const answers = await Promise.all(owners.map(async ({ stdout }) => String((await once(stdout, "data"))[0]).trim()));
    expect(answers.sort()).toEqual(["refused", "refused", "taken"]);
    using file = new StateFile(path(folder));
    await expect(takeState(file, "state")).rejects.toThrow(/in use by process \d+/);
    for (const owner of owners) {
      owner.kill("SIGKILL");
      await once(owner, "exit");
    }
    await takeState(file, "state");
  });

  it.each([
    ["a process that is gone", () => `${spawnSync(process.execPath, ["--version"]).pid}-1700000000000`],
    ["an earlier process that had this one's id, as in a container", () => `${process.pid}-1700000000000`],
    ["a process whose id another one has now, as after a power cut", () => `${process.ppid}-1700000000000`],
    ["nobody", () => ""],
    ["something else", () => "hello"],
  ])("is free when its owner is %s", async (_, owner) => {
    using file = new StateFile(":memory:");
    await file.write((transaction) => transaction.run("INSERT INTO owner (process) VALUES (?)", owner()));
    const taken = await Promise.allSettled(Array.from({ length: 8 }, () => takeState(file, "state")));
    expect(taken.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});
