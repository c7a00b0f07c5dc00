import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { STATE_FILE, StateFile } from "@camclips/local";
import { after, type Folder, makeHarbour, temporaryFolder } from "@camclips/testing/cli/fixtures";
import { runCli, startCli } from "@camclips/testing/cli/run-cli";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: Folder;

beforeAll(async () => {
  folder = await temporaryFolder();
  await makeHarbour(join(folder.path, "recordings"), 2);
});
afterAll(() => folder[Symbol.asyncDispose]());

/** An ffmpeg that says when it starts to work, and takes its time. */
async function slowFfmpeg(marker: string): Promise<string> {
  const path = join(folder.path, `slow-${marker}`);
  const work = `echo > '${join(folder.path, marker)}'; sleep 20`;
  const script = `#!/bin/sh\ncase "$*" in *-progress*) ${work};; esac\nexec '${testFfmpeg}' "$@"\n`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}

const args = (clipId: string) => [
  ...["clip", "--recordings", "recordings", "--camera", "harbour", "--clip-id", clipId],
  ...["--start", after(3000), "--end", after(5000), "--precision", "exact", "--json"],
];

/** Runs until ffmpeg is at work on the clip, then sends the signal. */
async function interrupted(clipId: string, signal: NodeJS.Signals) {
  const env = { FFMPEG_BIN: await slowFfmpeg(clipId) };
  const { child, ended } = startCli(args(clipId), { cwd: folder.path, env });
  while (!(await readdir(folder.path)).includes(clipId)) await setTimeout(20);
  child.kill(signal);
  return ended;
}

async function stateOf(clipId: string): Promise<{ root: string; notifications: unknown[] }> {
  const jobs = join(folder.path, ".camclips/clips");
  const name = (await readdir(jobs)).find((job) => job.startsWith(`${clipId}.`)) ?? "";
  const root = join(jobs, name);
  using file = new StateFile(join(root, STATE_FILE), { readOnly: true });
  return { root, notifications: file.read.rows("SELECT message FROM notifications").map(({ message }) => message) };
}

describe.concurrent("a clip that is interrupted while it is rendered", { timeout: 60_000 }, () => {
  it("is finished by the same command after kill -9, and published once", async () => {
    expect((await interrupted("killed", "SIGKILL")).stdout).toBe("");
    const before = await stateOf("killed");
    expect(before.notifications).toEqual([]);

    const { code, stdout, stderr } = await runCli(args("killed"), { cwd: folder.path });
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: "CLIP_AVAILABLE", clip: { frames: 50 } });
    expect(stderr.match(/RequestAccepted/g)).toHaveLength(1);
    const { root, notifications } = await stateOf("killed");
    expect(root).toBe(before.root);
    expect(notifications).toHaveLength(1);
    expect(JSON.parse(String(notifications[0]))).toEqual(JSON.parse(stdout));
    const history = JSON.parse(await readFile(join(folder.path, "clips/harbour/killed.events.json"), "utf8"));
    const types = history.map((event: { "detail-type": string }) => event["detail-type"]);
    expect(types).toEqual([...new Set(types)]);
  });

  it("ends at Ctrl-C with exit code 130, says so, and is finished by the same command", async () => {
    const stopped = await interrupted("stopped", "SIGINT");
    expect(stopped).toMatchObject({ code: 130, stdout: "" });
    expect(stopped.stderr).toContain("stopped; the same command takes up the work again");
    const { code, stderr } = await runCli(args("stopped"), { cwd: folder.path });
    expect(code, stderr).toBe(0);
    expect((await stateOf("stopped")).notifications).toHaveLength(1);
  });

  it("refuses to work on the same clip twice at the same time", async () => {
    const env = { FFMPEG_BIN: await slowFfmpeg("twice") };
    const { child, ended } = startCli(args("twice"), { cwd: folder.path, env });
    while (!(await readdir(folder.path)).includes("twice")) await setTimeout(20);
    const second = await runCli(args("twice"), { cwd: folder.path });
    expect(second.code).toBe(2);
    expect(second.stderr).toContain(`in use by process ${child.pid}`);
    child.kill("SIGTERM");
    await ended;
  });
});
