import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readRequests } from "@camclips/core/group";
import { temporaryFolder } from "@camclips/testing/cli/fixtures";
import { runCli } from "@camclips/testing/cli/run-cli";
import { expect, it } from "vitest";

it("invoke makes the clips of a group, and group tells what became of each", async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  const event = JSON.parse((await runCli(["event", "-a", "--out", "-"], { cwd })).stdout);
  const [record] = event.Records;
  const [asked] = readRequests(record.body, Number(record.attributes.SentTimestamp));
  const { cameraId, startMs: startTimestampInMs } = asked?.request ?? {};
  const item = { cameraId, startTimestampInMs, endTimestampInMs: Number(startTimestampInMs) + 1000 };
  const items = [item, { ...item, clipId: "nobody's", cameraId: "nobody" }];
  await writeFile(join(cwd, "group.json"), JSON.stringify({ groupId: "incident-7", items }));

  const made = await runCli(["invoke", "group.json", "--camera-service", "fake", "--json"], { cwd });
  expect(made.code, made.stderr).toBe(3);
  expect(JSON.parse(made.stdout)).toMatchObject([
    { clipId: "incident-7.1", status: "CLIP_AVAILABLE", groupId: "incident-7" },
    { clipId: "nobody's", status: "FATAL_ERROR", reason: "UNKNOWN_CAMERA" },
  ]);

  const told = await runCli(["group", "incident-7"], { cwd });
  expect(told.code).toBe(3);
  expect(told.stdout).toMatch(
    /^incident-7 {2}GROUP_PARTLY_AVAILABLE, 2 of 2 items decided\n {2}incident-7\.1 .*CLIP_AVAILABLE\n/,
  );
  const json = JSON.parse((await runCli(["group", "incident-7", "--json"], { cwd })).stdout);
  expect(json.items.map(({ status }: { status: string }) => status)).toEqual(["CLIP_AVAILABLE", "FATAL_ERROR"]);
  const [listed] = JSON.parse((await runCli(["groups", "--json"], { cwd })).stdout);
  expect(listed).toMatchObject({ groupId: "incident-7", status: "GROUP_PARTLY_AVAILABLE", items: 2 });
  expect((await runCli(["groups"], { cwd })).stdout).toMatch(
    /^GROUP_PARTLY_AVAILABLE +\d+ s {2}incident-7 {2}2 clips\n$/,
  );
  expect(await runCli(["groups", "--since", "2999-01-01"], { cwd })).toMatchObject({
    ...{ code: 0, stdout: "", stderr: "no such groups\n" },
  });
  expect(await runCli(["group", "other"], { cwd })).toMatchObject({ code: 2, stdout: "" });
  expect((await runCli(["group", "a/b"], { cwd })).stderr).toContain('"a/b" is no groupId: it must be 1 to 128');
});
