import { expect, it } from "vitest";
import { StateFile } from "../sqlite/state-file.ts";
import { cameraCoverage } from "./coverage.ts";
import { putSeen, writeRows } from "./rows.ts";
import { Spans } from "./spans.ts";

const START = Date.UTC(2026, 0, 1);
const WEEK = 60_480;
const SLOT_MS = 10_000;

async function week(): Promise<StateFile> {
  const file = new StateFile(":memory:");
  await writeRows(file, (transaction) => {
    for (let index = 0; index < WEEK; index++) {
      if (index === 30_000) continue;
      const startMs = START + index * SLOT_MS;
      const name = { folder: "/x", name: `${index}.mp4`, camera: "pier" };
      putSeen(transaction, { ...name, startMs, endMs: startMs + SLOT_MS, bytes: 1, writtenMs: startMs, state: "new" });
    }
    transaction.run("UPDATE recordings SET state = 'closed', sure = 1");
    transaction.run("UPDATE recordings SET state = 'damaged', reason = 'broken' WHERE name = '40000.mp4'");
  });
  return file;
}

it("a week of ten-second recordings is as many rows as it has gaps", async () => {
  using file = await week();
  let rows = 0;
  const read: StateFile["read"] = {
    row: file.read.row,
    rows: (...query) => {
      const found = file.read.rows(...query);
      rows += found.length;
      return found;
    },
  };
  const known = new Spans(read, 1000);
  const ask = () => cameraCoverage({ read, spans: known }, "pier", [START, START + WEEK * SLOT_MS], 1000);
  const { spans, gaps } = ask();
  const at = (index: number) => START + index * SLOT_MS;
  expect(spans).toEqual([
    { startMs: START, endMs: at(30_000) },
    { startMs: at(30_001), endMs: at(40_000) },
    { startMs: at(40_001), endMs: at(WEEK) },
  ]);
  expect(gaps).toEqual([
    { startMs: at(30_000), endMs: at(30_001), cause: "NOT_RECORDED" },
    { startMs: at(40_000), endMs: at(40_001), cause: "CORRUPT_SOURCE", message: "broken" },
  ]);
  // Two for each hour, and what is lost.
  expect(rows).toBeLessThan(400);
  rows = 0;
  expect(ask().spans).toHaveLength(3);
  expect(rows).toBeLessThan(5);
  // What changes is asked for again, and nothing else.
  await file.write((transaction) => transaction.run("DELETE FROM recordings WHERE start_ms = ?", at(50_000)));
  known.forget("pier", at(50_000));
  rows = 0;
  expect(ask().spans).toHaveLength(4);
  expect(rows).toBeLessThan(10);
});

it("a range that is looked at from afar has no gaps that nobody could see", async () => {
  using file = await week();
  const { spans } = cameraCoverage(
    { read: file.read, spans: new Spans(file.read, 1000) },
    "pier",
    [START, START + WEEK * SLOT_MS],
    3 * SLOT_MS,
  );
  expect(spans).toHaveLength(1);
});

it("a recording that is years off is no reason to look into every hour between", async () => {
  using file = new StateFile(":memory:");
  const years = [2000, 2013, 2026].map((year) => Date.UTC(year, 0, 1));
  await writeRows(file, (transaction) => {
    for (const startMs of years) {
      const name = { folder: "/x", name: `${startMs}.mp4`, camera: "pier" };
      putSeen(transaction, { ...name, startMs, endMs: startMs + SLOT_MS, bytes: 1, writtenMs: startMs, state: "new" });
    }
  });
  let questions = 0;
  const read: StateFile["read"] = {
    row: (...query) => {
      questions += 1;
      return file.read.row(...query);
    },
    rows: (...query) => {
      questions += 1;
      return file.read.rows(...query);
    },
  };
  const spans = new Spans(read, 1000).in("pier", [Date.UTC(1990), Date.UTC(2030)], 1000);
  expect(spans).toEqual(years.map((startMs) => [startMs, startMs + SLOT_MS]));
  expect(questions).toBeLessThan(20);
});

it("every question about a time is answered by an index, however many recordings there are", async () => {
  using file = new StateFile(":memory:");
  const questions: string[] = [];
  const read: StateFile["read"] = {
    row: (sql, ...values) => {
      questions.push(sql);
      return file.read.row(sql, ...values);
    },
    rows: (sql, ...values) => {
      questions.push(sql);
      return file.read.rows(sql, ...values);
    },
  };
  await writeRows(file, (transaction) =>
    putSeen(transaction, {
      folder: "/x",
      name: "a",
      camera: "pier",
      startMs: START,
      endMs: START + 1,
      bytes: 1,
      writtenMs: 1,
      state: "new",
    }),
  );
  cameraCoverage({ read, spans: new Spans(read, 1000) }, "pier", [START, START + SLOT_MS], 1000);
  for (const sql of questions) {
    const plan = file.read.rows(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => String(detail));
    expect(plan.filter((step) => /^SCAN (recordings|lost|next)\b/.test(step))).toEqual([]);
  }
  expect(questions.length).toBeGreaterThan(1);
});
