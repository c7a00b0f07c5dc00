import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "vitest";
import { costPage } from "../../../../tools/bench/cost/cost-page.ts";
import { type ClipCalls, callsOfOneClip } from "./count-calls.ts";

const page = (name: string) => readFile(fileURLToPath(new URL(`../../../../docs/${name}`, import.meta.url)), "utf8");

let calls: ClipCalls;
beforeAll(async () => {
  calls = await callsOfOneClip();
});

it("a clip costs as many calls as docs/operations.md says", async () => {
  const rows = {
    "S3 writes": calls.s3Writes,
    "S3 reads": calls.s3Reads,
    "DynamoDB writes": calls.dynamoWrites,
    "of them transactions of two": calls.transactions,
    "DynamoDB reads": calls.dynamoReads,
    events: calls.events,
    "queue messages": Object.values(calls.messages).reduce((sum, count) => sum + count, 0),
    schedules: calls.schedules,
  };
  expect(rows["S3 writes"]).toBeLessThanOrEqual(10);
  const document = await page("operations.md");
  for (const [what, count] of Object.entries(rows))
    expect(document, `${what}: ${count}`).toMatch(new RegExp(`^\\| ${what} \\| \\d+ \\| ${count} \\|`, "m"));
});

it("docs/scale.md says what npm run bench:cost prints", async () => {
  expect(await page("scale.md")).toContain(costPage(calls));
});

it("signing a clip costs what docs/operations.md says: one signature, one object, no event or message", async () => {
  let signatures = 0;
  const sign = async () => new Uint8Array(64).fill(++signatures);
  const signed = await callsOfOneClip({ signer: { kid: "key", sign } });
  expect(signatures).toBe(1);
  expect([signed.s3Writes - calls.s3Writes, signed.s3Reads - calls.s3Reads]).toEqual([1, 1]);
  const { s3Writes: _, s3Reads: __, writeUnits, readUnits, recordBytes, ...others } = signed;
  expect(calls).toMatchObject(others);
  // These grow with what is signed.
  expect(writeUnits).toBeGreaterThan(calls.writeUnits);
  expect(readUnits).toBeGreaterThanOrEqual(calls.readUnits);
  expect(recordBytes).toBeGreaterThan(calls.recordBytes);
});

it("making the same cut once costs what docs/operations.md says: a clip that is cut a write and a read, a copy less", async () => {
  const cut = await callsOfOneClip({ reuse: "cut" });
  const { dynamoWrites, dynamoReads, writeUnits: _, readUnits: __, recordBytes: ___, ...others } = cut;
  expect(calls).toMatchObject(others);
  expect([dynamoWrites - calls.dynamoWrites, dynamoReads - calls.dynamoReads]).toEqual([1, 1]);

  const copy = await callsOfOneClip({ reuse: "copied" });
  expect(copy.messages["render-clip"]).toBeUndefined();
  const names = ["s3Writes", "s3Reads", "dynamoWrites", "dynamoReads", "events"] as const;
  const row = names.map((name) => copy[name]).join(" | ");
  const messages = Object.values(copy.messages).reduce((sum, count) => sum + count, 0);
  expect(await page("operations.md")).toContain(`| a copy | ${row} | ${messages} |`);
});
