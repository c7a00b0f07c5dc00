import { claimEntry, ServiceUnavailableError, workingStatus } from "@camclips/core";
import { clipRecordsContract } from "@camclips/testing/contracts/clip-records";
import { type FakeTable, fakeTable } from "@camclips/testing/dynamo/fake-table";
import { request } from "@camclips/testing/stage-world";
import { describe, expect, it } from "vitest";
import { createDynamoRecords } from "./dynamo-records.ts";

const recordsIn = (table: FakeTable) => createDynamoRecords(table.client, "records", { now: () => 0 });

// The emulator's suite runs the same against the table that the stacks declare (test/aws/records.test.ts).
clipRecordsContract("a DynamoDB table", async () => ({
  records: recordsIn(fakeTable()),
  [Symbol.asyncDispose]: async () => {},
}));

describe("a DynamoDB table that others write to", () => {
  const claim = claimEntry("clip-1");
  const status = workingStatus(request(), "2026-11-23T14:00:00.000Z", 5);

  it.each([
    ["an entry", {}],
    ["an entry with a status", { status }],
  ])("is written to again when %s meets a transaction that is under way", async (_, options) => {
    const table = fakeTable();
    table.conflicts = 2;
    expect(await recordsIn(table).putOnce(claim, 1, options)).toEqual({ stored: 1, ours: true });
    expect(table.calls).toHaveLength(3);
  });

  it("counts as down when it never comes to rest, after a bounded number of tries", async () => {
    const table = fakeTable();
    table.conflicts = 100;
    await expect(recordsIn(table).putOnce(claim, 1)).rejects.toThrow(ServiceUnavailableError);
    expect(table.calls.length).toBeLessThan(10);
  });

  it("takes one call for an entry, whether it was there or not", async () => {
    const table = fakeTable();
    const records = recordsIn(table);
    await records.putOnce(claim, 1, { status });
    await records.putOnce(claim, 2, { status });
    await records.putOnce(claim, 3);
    expect(table.calls).toEqual(["TransactWriteCommand", "TransactWriteCommand", "PutCommand"]);
  });
});
