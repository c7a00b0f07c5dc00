import { copyFile, mkdir, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { after, makeHarbour, temporaryFolder } from "@camclips/testing/cli/fixtures";
import { runCli } from "@camclips/testing/cli/run-cli";
import { expect, it } from "vitest";

/** Recordings of four seconds as MediaMTX names them, in Paris. */
async function mediamtxFolder(folder: string): Promise<void> {
  await makeHarbour(folder, 2);
  const target = join(folder, "nvr", "harbour");
  await mkdir(target, { recursive: true });
  const names = ["2018-10-31_03-52-00-051000.mp4", "2018-10-31_03-52-04-051000.mp4"];
  const recordings = (await readdir(folder)).filter((name) => name.endsWith(".mp4")).sort();
  for (const [index, name] of recordings.entries()) await rename(join(folder, name), join(target, names[index] ?? ""));
}

it("init recognises a recorder's layout, and clip reads it by the configuration or by name", async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await mediamtxFolder(cwd);
  const init = await runCli(["init", "nvr"], { cwd, env: { TZ: "Europe/Paris" } });
  expect(init).toMatchObject({ code: 0, stderr: "" });
  expect(init.stdout).toContain("2 recordings named as by MediaMTX");
  expect(init.stdout).toContain("cameras: harbour");
  const config = await readFile(join(cwd, "camclips.config.yaml"), "utf8");
  expect(config).toContain('folder: "nvr"');
  expect(config).toContain("zone: Europe/Paris");
  expect(await readdir(cwd)).toContain("camclips.config.schema.json");

  const range = ["--camera", "harbour", "--start", after(3000), "--end", after(5000), "--json"];
  const byConfig = await runCli(["clip", "--config", "camclips.config.yaml", ...range], { cwd });
  expect(JSON.parse(byConfig.stdout)).toMatchObject({ status: "CLIP_AVAILABLE", clip: { frames: 50 } });
  const layout = ["--recordings", "nvr", "--layout", "mediamtx", "--zone", "Europe/Paris", "--out", "other"];
  const byName = await runCli(["clip", ...layout, ...range], { cwd });
  expect(JSON.parse(byName.stdout)).toMatchObject({ status: "CLIP_AVAILABLE", clip: { frames: 50 } });

  expect(await runCli(["init", "nvr", "--out", "site/camclips.config.yaml"], { cwd })).toMatchObject({ code: 0 });
  expect(await readFile(join(cwd, "site/camclips.config.yaml"), "utf8")).toContain('folder: "../nvr"');
  const again = await runCli(["init", "nvr"], { cwd });
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("--force overwrites it") });
});

it("says what is wrong with a layout, a configuration, and a camera that is not there", async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await makeHarbour(cwd, 1);
  const range = ["--camera", "pier", "--start", after(0), "--end", after(1000)];
  const clip = (...args: string[]) => runCli(["clip", ...args, ...range], { cwd });
  expect((await clip("--recordings", ".", "--layout", "frigat")).stderr).toContain('there is no layout "frigat"');
  expect((await clip("--recordings", ".", "--layout", "camclips")).stderr).toContain("there are: harbour");
  expect(await clip("--config", "none.yaml")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("camclips init writes one"),
  });
  expect((await clip()).stderr).toContain("--recordings FOLDER, or --config FILE");
  expect((await clip("--config", "none.yaml", "--layout", "x")).stderr).toContain("cannot be used with");
});

it("init says when no recorder is known that names files so", async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await makeHarbour(cwd, 1);
  const [first] = (await readdir(cwd)).filter((name) => name.endsWith(".mp4"));
  await mkdir(join(cwd, "odd"));
  await copyFile(join(cwd, first ?? ""), join(cwd, "odd", "holiday.mp4"));
  const init = await runCli(["init", "odd"], { cwd });
  expect(init).toMatchObject({ code: 0, stdout: expect.stringContaining("named as no known recorder does") });
  expect(await readFile(join(cwd, "camclips.config.yaml"), "utf8")).toContain("holiday.mp4");
  expect(await runCli(["init", "nowhere"], { cwd })).toMatchObject({ code: 2 });
});
