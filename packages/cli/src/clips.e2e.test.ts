import { join } from "node:path";
import { type ClipStatus, decidedStatus, waitingStatus, workingStatus } from "@camclips/core";
import type { ClipRequest } from "@camclips/events";
import { createSqliteRecords, STATE_FILE, StateFile } from "@camclips/local";
import { runCli } from "@camclips/testing/cli/run-cli";
import { type TestFolder, testFolder } from "@camclips/testing/folders";
import { request } from "@camclips/testing/stage-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const HOUR = 3_600_000;
const now = Date.now();
const at = (ms: number) => new Date(ms).toISOString();
const asked = (clipId: string, change: Partial<ClipRequest> = {}): ClipRequest => request({ clipId, ...change });

let folder: TestFolder;

beforeAll(async () => {
  folder = await testFolder();
  const waiting = { reason: "RECORDING_NOT_YET_AVAILABLE", nextAttemptMs: now + 60_000 } as const;
  const range = { startMs: now - HOUR, endMs: now - HOUR + 60_000 };
  const statuses: ClipStatus[] = [
    workingStatus(asked("fresh", { sentMs: now - 5_000 }), at(now + HOUR), now - 5_000),
    workingStatus(asked("slow", { sentMs: now - HOUR }), at(now + 60_000), now - HOUR),
    waitingStatus(asked("waits", { ...range, cameraId: "cam-2" }), waiting, at(now + HOUR), now - 2_000),
    decidedStatus(asked("done"), { status: "CLIP_AVAILABLE", isRerun: false }, at(now), now - 1_000),
    decidedStatus(
      asked("late"),
      { status: "FATAL_ERROR", reason: "STALLED", isRerun: false },
      at(now),
      now - 3 * 24 * HOUR,
    ),
  ];
  using file = new StateFile(join(folder.path, ".camclips/invoke", STATE_FILE));
  const records = createSqliteRecords(file, { now: Date.now });
  for (const status of statuses) await records.setStatus(status);
});
afterAll(() => folder[Symbol.asyncDispose]());

const clips = (...args: string[]) => runCli(["clips", ...args], { cwd: folder.path });
const idsOf = async (...args: string[]) =>
  (JSON.parse((await clips(...args, "--json")).stdout) as ClipStatus[]).map(({ clipId }) => clipId);

describe("camclips clips", () => {
  it("lists the clips of the last day, the latest first, with what comes next", async () => {
    const { code, stdout } = await clips();
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.split(/\s+/)[0])).toEqual([
      "available",
      "waiting",
      "working",
      "working",
      "",
    ]);
    expect(stdout).toMatch(
      /^waiting +\d+ s {2}waits {2}cam-2 {2}\S+Z 60 s {2}RECORDING_NOT_YET_AVAILABLE, next attempt /m,
    );
  });

  it("finds them by state, age, camera and what is stuck", async () => {
    expect(await idsOf("waiting", "available")).toEqual(["done", "waits"]);
    expect(await idsOf("stalled", "--since", at(now - 7 * 24 * HOUR))).toEqual(["late"]);
    expect(await idsOf("--camera", "cam-2")).toEqual(["waits"]);
    expect(await idsOf("--stuck")).toEqual(["slow"]);
    expect(await idsOf("failed")).toEqual([]);
  });

  it("says which states there are, and that there are no such clips", async () => {
    const unknown = await clips("pending");
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("States: working, waiting, available")]);
    const none = await clips("failed");
    expect([none.code, none.stdout, none.stderr]).toEqual([0, "", "no such clips\n"]);
  });
});
