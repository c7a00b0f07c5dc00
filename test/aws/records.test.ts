import { CreateTableCommand, DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { createDynamoRecords } from "@camclips/aws";
import { claimEntry, RECORD_DAYS } from "@camclips/core";
import { expect, inject, it } from "vitest";
import { clipRecordsContract } from "../../packages/testing/src/contracts/clip-records.ts";
import { evaluateStage, exampleEnvironment } from "../../tools/resource-graph/graph/evaluate-stage.ts";
import { resourcesOf } from "../../tools/resource-graph/graph/graph.ts";
import { clientsFor, randomAccount, trust } from "./clients.ts";
import { tableOf } from "./realise/storage.ts";

const { endpoint, certificate } = inject("emulator");
trust(certificate);
const { documents } = clientsFor({ endpoint, account: randomAccount(), region: "eu-west-1" });
const clock = { now: Date.now };

/** The stacks' own table, one for each test. */
const graph = await evaluateStage("staging", exampleEnvironment);
const [declared] = resourcesOf(graph, "aws:dynamodb/table:Table");
let tables = 0;

async function openTable() {
  if (!declared) throw new Error("the stacks declare no table");
  tables += 1;
  const TableName = `records-${tables}`;
  await documents.send(new CreateTableCommand({ ...tableOf(declared.inputs), TableName }));
  const dispose = () => documents.send(new DeleteTableCommand({ TableName }));
  const records = createDynamoRecords(documents, TableName, clock);
  return { records, TableName, [Symbol.asyncDispose]: async () => void (await dispose()) };
}

clipRecordsContract("DynamoDB", openTable);

it("gives every item the time at which it may go", async () => {
  await using table = await openTable();
  const before = Math.floor(Date.now() / 1000);
  await table.records.putOnce(claimEntry("clip-1"), 1);
  const Key = { clipId: "clip-1", entry: "claim" };
  const { Item } = await documents.send(new GetCommand({ TableName: table.TableName, Key }));
  expect(Item?.[declared?.inputs.ttl?.attributeName ?? ""] - before - RECORD_DAYS * 86_400).toBeLessThanOrEqual(5);
});
