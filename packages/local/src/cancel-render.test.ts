import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readSettings } from "@camclips/events";
import { createMediaEngine } from "@camclips/media/engine";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { testFolder, until } from "@camclips/testing/folders";
import { RECORDING_FILE } from "@camclips/testing/stage-world";
import { expect, it } from "vitest";
import { createFolderStore } from "./folder-store.ts";
import { isRunning, ownerOf } from "./processes.ts";
import { LocalRuntime } from "./runtime.ts";

const START = Date.UTC(2026, 0, 1, 12);

/** Leaves the number of its process, and encodes for minutes. */
async function slowFfmpeg(folder: string): Promise<string> {
  const path = join(folder, "ffmpeg");
  const encodes = `case "$*" in *libx264*) echo $$ > '${folder}/pid'; sleep 100;; esac`;
  await writeFile(path, `#!/bin/sh\n${encodes}\nexec '${testFfmpeg}' "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

it("cancelling a clip ends the ffmpeg that renders it, leaves nothing of it, and the next clip has its turn", async () => {
  await using folder = await testFolder();
  const origin = createFolderStore(join(folder.path, "origin"));
  const name = "pier.stream.20260101T120000000.mp4";
  await origin.put(name, await readFile(RECORDING_FILE), { contentType: "video/mp4" });
  const seen: string[] = [];
  await using cleanup = new AsyncDisposableStack();
  const runtime = new LocalRuntime({
    root: join(folder.path, "state"),
    settings: readSettings({
      ...{ CAM_SERVICES_URL: "http://x", RECORDINGS_URL: "http://x", CLIP_URL: "http://x", S3_BUCKET_ORIGIN: "x" },
      ...{ THUMBNAIL_SIZES: "80", RECORDING_MAX_LEN: "20" },
    }),
    origin,
    destination: createFolderStore(join(folder.path, "clips")),
    destinationBucket: "clips",
    media: createMediaEngine({ ffmpeg: await slowFfmpeg(folder.path), threads: 1, timeLimitMs: 200_000 }),
    cameras: {
      alias: async () => "pier",
      recordings: async () => [
        {
          recordingUrl: `http://x/${name}`,
          startDate: new Date(START).toISOString(),
          endDate: new Date(START + 20_000).toISOString(),
        },
      ],
      putClip: async () => {},
    },
    onEvent: ({ type, metadata }) => void seen.push(`${metadata.clipId} ${type}`),
  });
  await runtime.start();
  cleanup.defer(() => runtime.stop());
  const ask = (clipId: string, precision: string) => {
    const range = { startTimestampInMs: START + 5000, endTimestampInMs: START + 8000 };
    return runtime.request(JSON.stringify({ clipId, cameraId: "cam", ...range, precision }), START + 86_400_000);
  };
  await ask("unwanted", "exact");
  const pid = () => readFile(join(folder.path, "pid"), "utf8").then(Number, () => undefined);
  await until(async () => (await pid()) !== undefined);
  await ask("next", "fast");
  expect(await runtime.desk.cancel("unwanted")).toEqual({ kind: "cancelled" });
  const cancelledMs = performance.now();
  await runtime.idle();
  expect(performance.now() - cancelledMs).toBeLessThan(100_000);
  expect(isRunning(ownerOf((await pid()) ?? 0))).toBe(false);
  expect(seen.filter((each) => each.startsWith("unwanted"))).toEqual([
    "unwanted RequestAccepted",
    "unwanted SourcesLocated",
    "unwanted SourcesDownloaded",
    "unwanted ClipRejected",
    "unwanted ClipPublished",
  ]);
  expect(await runtime.records.status("unwanted")).toMatchObject({ outcome: "CLIP_CANCELLED" });
  expect(await runtime.records.status("next")).toMatchObject({ outcome: "CLIP_AVAILABLE" });
  expect((await readdir(join(folder.path, "clips", "cam"))).filter((file) => file.startsWith("unwanted"))).toEqual([]);
  expect(await readdir(join(folder.path, "state", "scratch"))).toEqual([]);
  expect(runtime.deadLetters()).toEqual([]);
});
