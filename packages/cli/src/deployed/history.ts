import { S3Client } from "@aws-sdk/client-s3";
import { createS3Store } from "@camclips/aws";
import { readHistory } from "@camclips/core";
import type { AnyEvent } from "@camclips/events";
import { UsageError } from "../exit-codes.ts";
import { CLIENT, type Deployment } from "./deployment.ts";

/** A clip's events out of the stage's event store. @throws UsageError for a clip that the stage does not know. */
export async function historyOf({ workBucket }: Deployment, clipId: string, stage: string): Promise<AnyEvent[]> {
  // Emulators serve buckets by path.
  const s3 = new S3Client({ ...CLIENT, forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined });
  const events = await readHistory(createS3Store(s3, workBucket), clipId);
  if (events.length > 0) return events;
  throw new UsageError(`stage "${stage}" knows no clip ${clipId}, or its history has expired`);
}
