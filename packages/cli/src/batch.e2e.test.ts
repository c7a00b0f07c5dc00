import { copyFile, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { recordingName } from "@camclips/media/synthetic";
import { after, makeHarbour, START_MS, temporaryFolder } from "@camclips/testing/cli/fixtures";
import { runCli } from "@camclips/testing/cli/run-cli";
import { until } from "@camclips/testing/folders";
import { PIER_START, startTestService } from "@camclips/testing/test-service";
import { expect, it } from "vitest";

const linesOf = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

it("makes the clips of a CSV file, tells each, and makes none of them twice", async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await makeHarbour(cwd, 2);
  await writeFile(
    join(cwd, "clips.csv"),
    `camera,start,duration,clipId\nharbour,${after(1000)},2s,"one"\n# a comment\nharbour,${START_MS + 5000},1,two\nattic,${after(0)},1,three\n`,
  );
  const args = ["batch", "clips.csv", "--recordings", "."];
  const first = await runCli(args, { cwd });
  expect(linesOf(first.stdout)).toMatchObject([
    { line: 2, clipId: "one", status: "CLIP_AVAILABLE", metadata: { clip: { frames: 50 } } },
    { line: 4, clipId: "two", status: "CLIP_AVAILABLE" },
    {
      line: 5,
      clipId: "three",
      status: "FATAL_ERROR",
      error: expect.stringContaining('no recordings of camera "attic"'),
    },
  ]);
  expect(first.code).toBe(2);
  for (const name of await readdir(cwd))
    if (name.endsWith(".mp4")) await rename(join(cwd, name), join(cwd, `${name}.away`));
  const again = await runCli(args, { cwd });
  expect(linesOf(again.stdout).slice(0, 2)).toEqual(linesOf(first.stdout).slice(0, 2));
  // A clip that somebody removed is not there.
  await rm(join(cwd, "clips", "harbour", "one.mp4"));
  expect(linesOf((await runCli(args, { cwd })).stdout)[0]).toMatchObject({ clipId: "one", status: "FATAL_ERROR" });

  await writeFile(
    join(cwd, "bad.jsonl"),
    `{"camera":"harbour","start":"${after(0)}"}\n{"start":"${after(0)}","end":"x"}\n{\n`,
  );
  const bad = await runCli(["batch", "bad.jsonl", "--recordings", "."], { cwd });
  expect(bad.code).toBe(2);
  expect(bad.stderr).toMatch(
    /3 of 3 lines.*line 1: end or duration.*line 2: camera is missing.*line 3: it is neither/s,
  );
});

it("tells what was recorded, with a bar to look at", async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await makeHarbour(cwd, 1);
  const ask = (...more: string[]) => runCli(["coverage", "--recordings", ".", "--camera", "harbour", ...more], { cwd });
  const all = await ask();
  expect(all).toMatchObject({ code: 0, stderr: "" });
  expect(all.stdout).toContain("4 s of 4 s, 100.0 %");
  expect(all.stdout).toContain(`[${"█".repeat(72)}]`);
  const half = JSON.parse((await ask("--start", after(0), "--end", after(8000), "--json")).stdout);
  expect(half.spans).toEqual([{ start: START_MS, end: START_MS + 4000 }]);
  expect(half.gaps).toEqual([{ start: START_MS + 4000, end: START_MS + 8000, cause: "NOT_RECORDED" }]);
  expect((await ask("--zone", "Mars", "--start", after(0))).stderr).toContain('--zone "Mars" is no time zone');

  const [first, copy] = [recordingName("harbour", START_MS), recordingName("harbour", START_MS + 2000)];
  await copyFile(join(cwd, first), join(cwd, copy));
  expect(JSON.parse((await ask("--json")).stdout)).toMatchObject({
    spans: [{ start: START_MS, end: START_MS + 6000 }],
    overlaps: [{ start: START_MS + 2000, end: START_MS + 4000, files: [first, copy] }],
  });
  expect((await ask()).stdout).toMatch(new RegExp(`2 s {2}overlap {2}${first}, ${copy}$`, "m"));
});

it("counts nothing as recorded that cannot be read, and says why", async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await makeHarbour(cwd, 1);
  const broken = recordingName("harbour", START_MS + 10_000);
  await writeFile(join(cwd, broken), "no video at all ".repeat(100));
  const args = ["coverage", "--recordings", ".", "--camera", "harbour", "--end", after(20_000)];
  const told = JSON.parse((await runCli([...args, "--json"], { cwd })).stdout);
  expect(told.spans).toEqual([{ start: START_MS, end: START_MS + 4000 }]);
  expect(told.gaps).toEqual([{ start: START_MS + 4000, end: START_MS + 20_000, cause: "CORRUPT_SOURCE" }]);
  expect(told.unread).toEqual([{ name: broken, why: expect.stringContaining("not a video") }]);
  expect((await runCli(args, { cwd })).stdout).toContain(`not counted: ${broken}: not a video`);
});

it("cuts a clip of a duration, at a time in a zone", async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await makeHarbour(cwd, 1);
  const args = ["clip", "--recordings", ".", "--camera", "harbour", "--json", "--zone", "Europe/Paris"];
  const clip = await runCli([...args, "--start", "2018-10-31 03:52:01.051", "--duration", "2s"], { cwd });
  expect(JSON.parse(clip.stdout)).toMatchObject({
    status: "CLIP_AVAILABLE",
    startTimestampInMs: START_MS + 1000,
    clip: { frames: 50 },
  });
  expect(await runCli([...args, "--start", "now"], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--duration 45s"),
  });
});

it("has a running service do both", async () => {
  await using world = await startTestService();
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await mkdir(join(cwd, "empty"));
  await until(async () => (await world.json("/operations")).index.complete);
  const at = (ms: number) => new Date(PIER_START + ms).toISOString();
  const input = `{"camera":"pier","start":"${at(500)}","duration":"1s"}\n{"camera":"attic","start":"${at(0)}","duration":"1s"}\n`;
  const batch = await runCli(["batch", "-", "--server", world.url], { cwd, input });
  expect(linesOf(batch.stdout)).toMatchObject([
    { line: 2, status: "FATAL_ERROR", error: expect.stringContaining("attic") },
    { line: 1, status: "CLIP_AVAILABLE" },
  ]);
  const coverage = await runCli(
    ["coverage", "--server", world.url, "--camera", "pier", "--start", at(0), "--end", at(4000)],
    { cwd },
  );
  expect(coverage.stdout).toContain("4 s of 4 s, 100.0 %");
  const gone = await runCli(["coverage", "--server", "http://127.0.0.1:9", "--camera", "pier"], { cwd });
  expect(gone).toMatchObject({ code: 2, stderr: expect.stringContaining("no service answers at http://127.0.0.1:9") });
});

it("asks a service for all clips of a file as one group", async () => {
  await using world = await startTestService();
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await until(async () => (await world.json("/operations")).index.complete);
  const at = (ms: number) => new Date(PIER_START + ms).toISOString();
  const line = (clipId: string, ms: number) =>
    JSON.stringify({ camera: "pier", clipId, title: `Title of ${clipId}`, start: at(ms), duration: "1s" });
  await writeFile(join(cwd, "clips.jsonl"), [line("a", 0), line("b", 500), line("late", -5000)].join("\n"));
  const args = ["batch", "clips.jsonl", "--group", "incident-7", "--server", world.url];
  const first = await runCli(args, { cwd });
  const byLine = (stdout: string) => linesOf(stdout).sort((one, other) => one.line - other.line);
  expect(byLine(first.stdout)).toMatchObject([
    { line: 1, clipId: "a", status: "CLIP_AVAILABLE", metadata: { groupId: "incident-7" } },
    { line: 2, clipId: "b", status: "CLIP_AVAILABLE" },
    { line: 3, clipId: "late", status: "CLIP_OUT_OF_RANGE" },
  ]);
  expect(first.code, first.stderr).toBe(3);
  expect(await world.json("/groups/incident-7")).toMatchObject({ status: "GROUP_PARTLY_AVAILABLE", decided: 3 });
  expect((await world.json("/clips/a")).title).toBe("Title of a");
  const again = await runCli(args, { cwd });
  expect(byLine(again.stdout)).toEqual(byLine(first.stdout));

  await writeFile(join(cwd, "clips.jsonl"), line("a", 0));
  const other = await runCli(args, { cwd });
  expect(other).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("stands for another group") });
  const many = Array.from({ length: 101 }, (_, index) => line(`${index}`, 0)).join("\n");
  const tooMany = await runCli(args.with(1, "-"), { cwd, input: many });
  expect(tooMany).toMatchObject({ code: 2, stderr: expect.stringContaining("a group has 100 clips at most") });
  const here = await runCli(["batch", "clips.jsonl", "--group", "incident-7", "--recordings", "."], { cwd });
  expect(here).toMatchObject({ code: 2, stderr: expect.stringContaining("--server URL") });
});
