import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createDynamoRecords } from "@camclips/aws";
import type { ClipRecords } from "@camclips/core";
import type { AnyEvent } from "@camclips/events";
import { UsageError } from "../exit-codes.ts";
import { CLIENT, type Deployment } from "./deployment.ts";

/** The records of a deployment's clips. */
export function recordsOf({ recordsTable }: Deployment): ClipRecords {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(CLIENT));
  return createDynamoRecords(documents, recordsTable, { now: Date.now });
}

/** A clip's events out of its record. @throws UsageError for a clip that the deployment does not know. */
export async function historyOf(deployment: Deployment, clipId: string, stage: string): Promise<AnyEvent[]> {
  const events = await recordsOf(deployment).history(clipId);
  if (events.length > 0) return events;
  throw new UsageError(`stage "${stage}" knows no clip ${clipId}, or its history has expired`);
}
