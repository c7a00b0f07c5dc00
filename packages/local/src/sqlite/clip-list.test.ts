import { workingStatus } from "@camclips/core";
import { expect, it } from "vitest";
import { putAsked } from "./asked.ts";
import { countClips, listClips } from "./clip-list.ts";
import { createSqliteRecords, sweepRecords } from "./clip-records.ts";
import { StateFile } from "./state-file.ts";

const START = Date.UTC(2026, 0, 1);

async function clips(count: number) {
  const file = new StateFile(":memory:");
  const records = createSqliteRecords(file, { now: () => START });
  for (let index = 0; index < count; index++) {
    const startMs = START + index * 60_000;
    const request = {
      ...{ clipId: `clip-${index}`, cameraId: index % 2 ? "gate" : "pier", startMs, endMs: startMs + 30_000 },
      ...{ retryTimestamps: [], gapPolicy: "SKIP_GAPS" as const, sentMs: START },
    };
    // Two of each instant: pages must neither repeat nor lose one.
    await records.setStatus(workingStatus(request, "2026-01-02T00:00:00.000Z", START + Math.floor(index / 2)));
  }
  return file;
}

it("pages through all clips, the latest first, without losing or repeating one", async () => {
  using file = await clips(11);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = listClips(file.read, { limit: 3, cursor });
    seen.push(...page.clips.map(({ status }) => status.clipId));
    cursor = page.next;
  } while (cursor);
  expect(seen).toHaveLength(11);
  expect(new Set(seen).size).toBe(11);
  expect(seen[0]).toBe("clip-10");
});

it("filters by state, camera, range and a part of the name", async () => {
  using file = await clips(6);
  await file.write((transaction) =>
    putAsked(transaction, {
      clipId: "clip-3",
      requestKey: "",
      idempotencyKey: undefined,
      title: "Red van",
      body: "",
      sentMs: 0,
    }),
  );
  const ids = (query: object) => listClips(file.read, { limit: 10, ...query }).clips.map(({ status }) => status.clipId);
  expect(ids({ camera: "gate" })).toEqual(["clip-5", "clip-3", "clip-1"]);
  expect(ids({ states: ["waiting"] })).toEqual([]);
  expect(ids({ range: [START + 60_000, START + 120_000] })).toEqual(["clip-1"]);
  expect(ids({ search: "VAN" })).toEqual(["clip-3"]);
  expect(ids({ search: "ip-4" })).toEqual(["clip-4"]);
  expect(countClips(file.read)).toEqual({ working: 6 });
});

it("forgets what was asked for together with the clips' records", async () => {
  using file = await clips(0);
  const asked = { requestKey: "", idempotencyKey: undefined, title: undefined, body: "" };
  await file.write((transaction) => {
    putAsked(transaction, { ...asked, clipId: "old", sentMs: START - 200 * 86_400_000 });
    putAsked(transaction, { ...asked, clipId: "recent", sentMs: START });
  });
  await sweepRecords(file, { now: () => START });
  expect(file.read.rows("SELECT clip_id FROM requests").map(({ clip_id }) => clip_id)).toEqual(["recent"]);
});

it("reads no more than a page of a long list", async () => {
  using file = await clips(1);
  const plan = file.read.rows(
    "EXPLAIN QUERY PLAN SELECT statuses.body FROM statuses ORDER BY since_ms DESC, statuses.clip_id DESC LIMIT 50",
  );
  expect(plan.map(({ detail }) => detail)).toEqual([expect.stringContaining("USING INDEX statuses_by_time")]);
});
