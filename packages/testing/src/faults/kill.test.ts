import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DeadLetter } from "@camclips/core";
import { recordingName } from "@camclips/core/recording-name";
import { readSettings } from "@camclips/events";
import { createFolderStore, STATE_FILE, StateFile } from "@camclips/local";
import { startCameraService } from "@camclips/local/camera-service";
import { expect, it } from "vitest";
import { filesIn, testFolder } from "../folders.ts";
import { sha256 } from "../sha256.ts";
import { RECORDING_FILE, RECORDING_MS } from "../stage-world.ts";
import { Dice } from "./dice.ts";

const child = fileURLToPath(new URL("kill-child.ts", import.meta.url));
const { KILLS = "2", KILL_SEED = "1" } = process.env;
const CLIPS = 6;

/** Beyond every deadline. */
const LATER_MS = 2 * 3600_000;

it(`decides every clip once though its process is killed ${KILLS} times`, async () => {
  await using folder = await testFolder();
  const begun = Date.now();
  const startMs = Math.floor(begun / 1000) * 1000 - 300_000;
  const names = readSettings({
    CAM_SERVICES_URL: "http://x",
    RECORDINGS_URL: "http://x",
    CLIP_URL: "http://x",
    S3_BUCKET_ORIGIN: "x",
  });
  const recordings = [0, 1].map((index) => {
    const from = startMs + index * RECORDING_MS;
    return { key: recordingName("pier", from, names), startMs: from, endMs: from + RECORDING_MS };
  });
  await mkdir(join(folder.path, "origin"));
  for (const { key } of recordings) await copyFile(RECORDING_FILE, join(folder.path, "origin", key));
  await using service = await startCameraService({
    cameras: new Map([["cam-1", { alias: "pier", recordings: () => recordings }]]),
  });

  // As the callers' messages are in the queue before anything runs.
  const state = join(folder.path, "state", STATE_FILE);
  const send = async (body: string) => {
    using file = new StateFile(state);
    await file.write((transaction) =>
      transaction.run("INSERT INTO messages (queue, body, sent_ms) VALUES ('accept-request', ?, ?)", body, begun),
    );
  };
  const rows = (sql: string) => {
    using file = new StateFile(state, { readOnly: true });
    return file.read.rows(sql);
  };
  for (let clip = 0; clip < CLIPS; clip += 1) {
    const body = JSON.stringify({
      clipId: `clip-${clip}`,
      cameraId: "cam-1",
      startTimestampInMs: startMs + 5_000 + clip * 1000,
      endTimestampInMs: startMs + 25_000 + clip * 1000,
    });
    await send(body);
  }

  const dice = new Dice(Number(KILL_SEED));
  const run = async ({ killAfterMs, laterMs = 0 }: { killAfterMs?: number; laterMs?: number } = {}) => {
    const running = spawn(process.execPath, [child, folder.path, service.url, String(begun), String(laterMs)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(running, "exit");
    if (killAfterMs !== undefined) {
      await Promise.race([once(running.stdout, "data"), ended]);
      await new Promise((resolve) => setTimeout(resolve, killAfterMs));
      running.kill("SIGKILL");
    }
    const [code] = (await ended) as [number | null];
    return code;
  };
  let kills = 0;
  while (kills < Number(KILLS) && (await run({ killAfterMs: dice.roll("kill").numbers[0] * 150 })) === null) kills += 1;
  expect(await run()).toBe(0);

  // A message whose deliveries were all killed rests: the caller's own is sent again by an operator, as redrive does;
  // for the others the deadline watch answers.
  const buried = rows("SELECT queue, body, error FROM dead_letters") as unknown as DeadLetter[];
  for (const { queue, body, error } of buried) {
    expect(error).toBe("the process ended during every delivery");
    if (queue === "accept-request") await send(body);
  }
  expect(await run()).toBe(0);
  expect(await run({ laterMs: LATER_MS })).toBe(0);

  const sent = rows("SELECT message, attributes FROM notifications").map(({ message, attributes }) => ({
    ...JSON.parse(String(message)),
    ...JSON.parse(String(attributes)),
  }));
  const destination = createFolderStore(join(folder.path, "destination"));
  for (let clip = 0; clip < CLIPS; clip += 1) {
    const own = sent.filter(({ clipId }) => clipId === `clip-${clip}`);
    expect(new Set(own.map(({ notificationId }) => notificationId)).size, `clip-${clip}`).toBe(1);
    const [{ status, clip: told }] = own;
    expect(service.puts.filter(({ clipId }) => clipId === `clip-${clip}`).at(-1)?.body.status).toBe(status);
    if (status === "FATAL_ERROR" && buried.some(({ body }) => body.includes(`clip-${clip}`))) continue;
    expect(status, `clip-${clip}`).toBe("CLIP_AVAILABLE");
    const body = (await destination.get(told.key.slice(1))) ?? new Uint8Array();
    expect(sha256(body)).toBe(told.sha256);
  }
  // A kill between a message and its entry repeats it: at most once for each kill.
  expect(sent.length - CLIPS).toBeLessThanOrEqual(kills);
  const left = (await filesIn(folder.path)).filter((name) => /\.unfinished|state\/scratch/.test(name));
  expect(left.filter((name) => !name.startsWith("destination/.unfinished"))).toEqual([]);
  expect(rows("SELECT queue, body FROM messages")).toEqual([]);
  expect(rows("SELECT process FROM owner")).toEqual([]);
  await destination.put("sweep", new Uint8Array(), { contentType: "x" });
  expect(await filesIn(join(folder.path, "destination", ".unfinished"))).toEqual([]);
}, 300_000);
