import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestFolder, testFolder, until } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { StateFile } from "../sqlite/state-file.ts";
import { Examiner } from "./examiner.ts";
import { putSeen, rowsOfFolder, writeRows } from "./rows.ts";
import { scanFolder } from "./scan-folder.ts";

const START = Date.UTC(2026, 0, 1);
const OLD = new Date(START + 60_000);
const RULES = { JOIN_TOLERANCE_MS: 1000, RECORDING_MAX_LEN: 600 };
const options = { rules: RULES, now: Date.now, onChange() {}, onFootage() {} };

async function seen(file: StateFile, { path }: TestFolder): Promise<void> {
  const times = { startMs: START, endMs: START + 1000, writtenMs: OLD.getTime() };
  await writeRows(file, (transaction) =>
    putSeen(transaction, { folder: path, name: "a.mp4", camera: "pier", bytes: 5, state: "new", ...times }),
  );
}

it("what cannot be written down, as on a full disk, is told, and looked into again later", async () => {
  await using folder = await testFolder();
  using file = new StateFile(":memory:");
  await writeFile(join(folder.path, "a.mp4"), "movie");
  await utimes(join(folder.path, "a.mp4"), OLD, OLD);
  await seen(file, folder);
  const write = file.write.bind(file);
  file.write = () => Promise.reject(new Error("database or disk is full"));
  const errors: unknown[] = [];
  const examiner = new Examiner({ ...options, file, onError: (error) => errors.push(error) });
  examiner.wake();
  await until(() => errors.length > 0);
  expect(String(errors[0])).toContain("disk is full");
  file.write = write;
  examiner.wake();
  await until(() => examiner.pending === 0);
  await examiner.stop();
});

it("a file that could not be opened is looked into again, though it did not change", async () => {
  await using folder = await testFolder();
  using file = new StateFile(":memory:");
  const path = join(folder.path, "a.mp4");
  // Reading it fails, whoever tries: root may read files without permission.
  await mkdir(path);
  await seen(file, folder);
  const examiner = new Examiner({ ...options, file, onError() {} });
  examiner.wake();
  await until(() => rowsOfFolder(file.read, folder.path)[0]?.state === "damaged");
  await examiner.stop();

  await using other = await testFolder();
  const before = rowsOfFolder(file.read, folder.path)[0];
  await writeFile(join(other.path, "a.mp4"), "movie");
  await utimes(join(other.path, "a.mp4"), OLD, OLD);
  await file.write((transaction) => transaction.run("UPDATE recordings SET folder = ?", other.path));
  const locate = () => ({ camera: "pier", startMs: before?.startMs ?? 0 });
  const roots = [{ folder: other.path, ignores: () => false, locate }];
  await scanFolder(other.path, { file, roots, nowMs: Date.now(), rules: options.rules });
  expect(rowsOfFolder(file.read, other.path)[0]?.state).toBe("new");
});
