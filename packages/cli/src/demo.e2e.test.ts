import { mkdir, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { makeHarbour, temporaryFolder } from "@camclips/testing/cli/fixtures";
import { runCli } from "@camclips/testing/cli/run-cli";
import { expect, it } from "vitest";

const CLIP_ID = "507f191e810c19729de860ea";

it("camclips demo sends the contract's message, shows every stage, and leaves clip, pictures, metadata and history", async () => {
  await using folder = await temporaryFolder();
  // Small pictures in place of the demo's own, as if an earlier run had made them: that takes no time.
  const recordings = join(folder.path, ".camclips/demo-recordings");
  await mkdir(recordings, { recursive: true });
  const made = await makeHarbour(recordings, 2, { seconds: 40, fps: 5, gop: 10, startMs: 1_537_119_353_051 });
  for (const { path } of made.recordings) await rename(path, path.replace("harbour", "test"));

  const { code, stdout, stderr } = await runCli(["demo", "--out", "results"], { cwd: folder.path });
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("{'clipId': '507f191e810c19729de860ea', 'retryTimestamps': []");
  expect(stdout).not.toContain("Making recording");
  for (const stage of ["accept", "locate", "download", "render-clip", "render-thumbnails", "publish"]) {
    expect(stdout).toContain(stage);
  }
  expect(stdout).toContain("CLIP_AVAILABLE  60.000 s, 300 frames");
  expect(stdout).not.toContain("\u001b[");
  const results = join(folder.path, "results/583499c4e411dc743a5d5296");
  const endings = (await readdir(results)).map((name) => name.replace(CLIP_ID, "")).sort();
  const pictures = ["_80.jpg", "_original.jpg"];
  expect(endings).toEqual([".events.json", ".json", ".mp4", ...pictures]);
  const metadata = JSON.parse(await readFile(join(results, `${CLIP_ID}.json`), "utf8"));
  expect(metadata).toMatchObject({ clipId: CLIP_ID, status: "CLIP_AVAILABLE", coverage: { gaps: [] } });
  expect(metadata.clip.url).toBe(`file://${results}/${CLIP_ID}.mp4`);
});
