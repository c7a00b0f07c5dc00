import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, makeHarbour, START_MS, temporaryFolder } from "@camclips/testing/cli/fixtures";
import { type CliResult, runCli } from "@camclips/testing/cli/run-cli";
import { expect, it } from "vitest";
import { CAMERA_UP, sqsEvent } from "./sample-events.ts";

const FAKE = ["--camera-service", "fake"];

it("the three commands of the README work in a fresh folder, and again, and say how to see a clip's history", async () => {
  await using folder = await temporaryFolder();
  const run = (...args: string[]) => runCli(args, { cwd: folder.path });
  for (let round = 1; round <= 2; round += 1) {
    expect((await run("event", "-a")).code).toBe(0);
    const invoked = await run("invoke", "event.json", ...FAKE);
    expect(invoked.code, invoked.stderr).toBe(0);
    const [, clipId = ""] = /^ {2}timeline {3}\S+camclips timeline (\w+)$/m.exec(invoked.stdout) ?? [];
    const [latest, named] = await Promise.all([run("timeline"), run("timeline", clipId)]);
    expect(latest.stdout).toMatch(new RegExp(`^${clipId}  20`));
    expect(latest.stdout).toContain("CLIP_AVAILABLE");
    expect(named).toEqual(latest);
  }
});

it("a clip's timeline is its own, whatever other cameras had clips of the same range, or of the same name", async () => {
  await using folder = await temporaryFolder();
  const timeline = async (...args: string[]) =>
    (await runCli(["timeline", ...args], { cwd: folder.path })).stdout.split("\n").slice(0, 2).join(" ");
  const clip = async (camera: string, ...more: string[]) => {
    await makeHarbour(join(folder.path, camera), 1, { alias: camera, seconds: 1 });
    const range = ["--start", after(0), "--end", after(1000)];
    const done = await runCli(["clip", "--recordings", camera, "--camera", camera, ...range, ...more], {
      cwd: folder.path,
    });
    expect(done.code, done.stderr).toBe(0);
    return / timeline {3}\S+camclips timeline (\S+)/.exec(done.stdout)?.[1] ?? "";
  };
  const front = await clip("front");
  const yard = await clip("yard");
  expect(await timeline(front)).toContain(" front, 1.000 s");
  expect(await timeline(yard)).toContain(" yard, 1.000 s");
  expect(await timeline()).toContain(" yard, 1.000 s");
  await clip("yard", "--clip-id", "same");
  await clip("front", "--clip-id", "same");
  expect(await timeline("same")).toContain(" front, 1.000 s");
});

it("a message that was saved years ago, run and run again, shows no absurd times", async () => {
  await using folder = await temporaryFolder();
  const body = JSON.stringify({
    clipId: "saved",
    cameraId: CAMERA_UP,
    startTimestampInMs: START_MS,
    endTimestampInMs: START_MS + 2000,
  });
  await writeFile(join(folder.path, "event.json"), JSON.stringify(sqsEvent(body, START_MS + 60_000)));
  const invoke = (...more: string[]): Promise<CliResult> =>
    runCli(["invoke", "event.json", ...FAKE, ...more], { cwd: folder.path });
  const first = await invoke();
  expect(first.code, first.stderr).toBe(0);
  const [again, told] = [await invoke(), JSON.parse((await invoke("--json")).stdout)];
  for (const { stdout } of [first, again]) {
    expect(stdout).not.toContain("+-");
    expect(stdout).toMatch(/, \d*[1-9]\d*\.?\d*x real time|, 0\.\d*[1-9]\d*x real time/);
  }
  expect(again.stdout).toContain("   earlier  render-clip");
  expect(told).toMatchObject([{ waitMs: 0, status: "CLIP_AVAILABLE" }]);
  expect(told[0].workMs).toBeLessThan(600_000);
  expect(told[0]).not.toHaveProperty("queuedMs");
});
