import { RECORD_DAYS } from "@camclips/core";
import { type Resource, resourcesOf } from "../graph/graph.ts";
import { expectThat, type GraphRule } from "./rule.ts";

type Table = Resource<"aws:dynamodb/table:Table">["inputs"];

const keyOf = ({ hashKey, rangeKey }: Pick<Table, "hashKey" | "rangeKey">) => `${hashKey} and ${rangeKey}`;

/** What the adapter and people's questions rely on. */
export const recordsCanBeAsked: GraphRule = (graph) => {
  const [table, ...others] = resourcesOf(graph, "aws:dynamodb/table:Table");
  if (!table || others.length > 0) return ["clips' records are not in one table"];
  const keys = Object.fromEntries(
    table.inputs.globalSecondaryIndexes.map(({ name, projectionType, ...key }) => [
      name,
      `${projectionType} by ${keyOf(key)}`,
    ]),
  );
  return [
    ...expectThat(keyOf(table.inputs) === "clipId and entry", `records have the key ${keyOf(table.inputs)}`),
    ...expectThat(keys.byState === "ALL by state and sinceMs", "nobody can ask for clips by their state"),
    ...expectThat(keys.byCamera === "ALL by cameraId and startMs", "nobody can ask for clips by camera and range"),
  ];
};

/** Cost follows use, items expire, and neither a mistake nor a thief gets far. */
export const recordsAreKeptSafely: GraphRule = (graph) =>
  resourcesOf(graph, "aws:dynamodb/table:Table").flatMap(({ name, inputs }) => [
    ...expectThat(inputs.billingMode === "PAY_PER_REQUEST", `${name} is not on demand`),
    ...expectThat(inputs.ttl?.enabled === true && inputs.ttl.attributeName === "expiresAt", `${name} forgets nothing`),
    ...expectThat(inputs.pointInTimeRecovery.enabled, `${name} has no backups`),
    ...expectThat(inputs.serverSideEncryption?.enabled === true, `${name} is not encrypted with a key of the account`),
  ]);

/** An event out of the archive, and what it led to out of a dead-letter queue, must find its guards. */
export const recordsOutliveReplays: GraphRule = (graph) => {
  const archived = resourcesOf(graph, "aws:cloudwatch/eventArchive:EventArchive").map(
    ({ inputs }) => inputs.retentionDays,
  );
  const queued = resourcesOf(graph, "aws:sqs/queue:Queue").map(({ inputs }) => inputs.messageRetentionSeconds / 86_400);
  const days = Math.max(...archived) + Math.max(...queued);
  return expectThat(
    days <= RECORD_DAYS,
    `an event can come again after ${days} days, its record is kept for ${RECORD_DAYS}`,
  );
};
