import { join } from "node:path";
import { claimEntry, eventEntry, RECORD_DAYS, twinEntry, workingStatus } from "@camclips/core";
import { toEnvelope } from "@camclips/events";
import { clipRecordsContract } from "@camclips/testing/contracts/clip-records";
import { testFolder } from "@camclips/testing/folders";
import { sampleEvent } from "@camclips/testing/sample-events";
import { request } from "@camclips/testing/stage-world";
import { expect, it } from "vitest";
import { createSqliteRecords, latestClipIn, sweepRecords } from "./clip-records.ts";
import { StateFile } from "./state-file.ts";

const DAY_MS = 24 * 3600_000;
const clock = { now: Date.now };

clipRecordsContract("SQLite in memory", async () => {
  const file = new StateFile(":memory:");
  return { records: createSqliteRecords(file, clock), [Symbol.asyncDispose]: async () => file[Symbol.dispose]() };
});

clipRecordsContract("SQLite on disk", async () => {
  const folder = await testFolder();
  const file = new StateFile(join(folder.path, "state.sqlite"));
  const dispose = async () => {
    file[Symbol.dispose]();
    await folder[Symbol.asyncDispose]();
  };
  return { records: createSqliteRecords(file, clock), [Symbol.asyncDispose]: dispose };
});

it("keeps records for as long as anything can come again, and then removes them", async () => {
  using file = new StateFile(":memory:");
  let now = 0;
  const moving = { now: () => now };
  const records = createSqliteRecords(file, moving);
  await records.claimGroup({ groupId: "group", key: "key", sinceMs: 0, items: 1 });
  await records.putOnce(claimEntry("clip-1"), 1, { status: workingStatus(request(), "2026-11-23T14:00:00.000Z", 0) });
  await file.write((transaction) =>
    transaction.run("INSERT INTO notifications (sent_ms, message, attributes) VALUES (0, '{}', '{}')"),
  );
  const notifications = () => file.read.rows("SELECT * FROM notifications").length;
  now = RECORD_DAYS * DAY_MS - 1;
  await sweepRecords(file, moving);
  expect(await records.get(claimEntry("clip-1"))).toBe(1);
  expect(notifications()).toBe(1);
  expect(await Array.fromAsync(records.groups())).toHaveLength(1);
  now += 1;
  await sweepRecords(file, moving);
  expect(await records.get(claimEntry("clip-1"))).toBeUndefined();
  expect(await records.status("clip-1")).toBeUndefined();
  expect(await Array.fromAsync(records.groups())).toEqual([]);
  expect(notifications()).toBe(0);
});

it("lists more groups than it reads at once, those of one instant among them", async () => {
  using file = new StateFile(":memory:");
  const records = createSqliteRecords(file, clock);
  const ids = Array.from({ length: 250 }, (_, index) => `group-${1000 + index}`);
  await Promise.all(ids.map((groupId) => records.claimGroup({ groupId, key: "key", sinceMs: 5, items: 1 })));
  const listed = await Array.fromAsync(records.groups());
  expect(listed.map(({ groupId }) => groupId)).toEqual(ids.toReversed());
});

it("takes no record of a cut for the clip whose history grew last", async () => {
  using file = new StateFile(":memory:");
  let now = 0;
  const records = createSqliteRecords(file, { now: () => now });
  const event = toEnvelope(sampleEvent("SourcesLocated"));
  await records.putOnce(eventEntry("clip-1", "e-1"), event);
  now += 1;
  await records.putOnce(twinEntry("22222222-2222-8222-8222-222222222222", "e-1"), event);
  expect(latestClipIn(file)).toBe("clip-1");
});
