import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createDynamoRecords } from "@camclips/aws";
import type { ClipRecords } from "@camclips/core";
import { CLIENT, type Deployment } from "./deployment.ts";

/** The records of a deployment's clips. */
export function recordsOf({ recordsTable }: Deployment): ClipRecords {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(CLIENT));
  return createDynamoRecords(documents, recordsTable, { now: Date.now });
}
