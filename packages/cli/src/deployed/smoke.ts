import { S3Client } from "@aws-sdk/client-s3";
import { createS3Store } from "@camclips/aws";
import { type ClipRecords, type ClipStatus, type ObjectStore, readRequest } from "@camclips/core";
import * as z from "zod/mini";
import { followClip } from "../desk/follow-clip.ts";
import { statusAndReason } from "../view/format.ts";
import { type TimelineEntry, timelineOf } from "../view/timeline.ts";
import { CLIENT, type Deployment } from "./deployment.ts";
import { recordsOf } from "./records.ts";
import { sendTo } from "./send-requests.ts";

export interface Smoke {
  clipId: string;
  passed: boolean;
  /** What is wrong; empty when it passed. */
  problems: string[];
  status: string | null;
  totalMs: number;
  /** In the order of the work; a stage's time holds its queue's. */
  stages: { stage: string; event: string; ms: number | null }[];
}

/** Sends one clip through a deployment, as a caller does, and looks at everything that it led to. */
export async function smoke(deployed: Deployment, body: string, timeoutMs: number): Promise<Smoke> {
  const startedMs = Date.now();
  const { request } = readRequest(body, startedMs);
  await sendTo(deployed, [body]);
  const { published, events } = await followClip(recordsOf(deployed), request, { untilMs: startedMs + timeoutMs });
  const { status, reason, clipMetadata } = published?.data ?? {};
  const problems: string[] = [];
  if (status === undefined) problems.push(`no terminal status after ${timeoutMs / 1000} s`);
  else if (status !== "CLIP_AVAILABLE") problems.push(statusAndReason(status, reason));
  if (published?.data.putRefused) problems.push(`the camera service refused the status: ${published.data.putRefused}`);
  // Emulators serve buckets by path.
  const s3 = new S3Client({ ...CLIENT, forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined });
  const destination = createS3Store(s3, deployed.destinationBucket);
  if (status === "CLIP_AVAILABLE") problems.push(...(await missingObjects(destination, delivered.parse(clipMetadata))));
  return {
    clipId: request.clipId,
    passed: problems.length === 0,
    problems,
    status: status ?? null,
    totalMs: Date.now() - startedMs,
    stages: timelineOf(events).map(({ stage, event, ...entry }) => ({ stage, event, ms: timeOf(entry, startedMs) })),
  };
}

/** The first stage's begins when the request is sent. */
const timeOf = (
  { durationMs, offsetMs, at }: Pick<TimelineEntry, "durationMs" | "offsetMs" | "at">,
  startedMs: number,
) => (offsetMs === 0 ? Math.max(0, Date.parse(at) - startedMs) : durationMs);

/** Contract, section 5. */
const delivered = z.object({
  clip: z.object({ key: z.string(), bytes: z.number() }),
  thumbnail: z.object({ key: z.string(), sizes: z.array(z.number()) }),
});

async function missingObjects(
  destination: ObjectStore,
  { clip, thumbnail }: z.output<typeof delivered>,
): Promise<string[]> {
  const problems: string[] = [];
  const stored = await destination.info(clip.key.slice(1));
  if (stored?.bytes !== clip.bytes)
    problems.push(`${clip.key} has ${stored?.bytes ?? "no"} bytes, ${clip.bytes} were told`);
  for (const size of [...thumbnail.sizes, "original"]) {
    const key = thumbnail.key.slice(1).replace("{size}", String(size));
    if (!(await destination.info(key))) problems.push(`/${key} is not there`);
  }
  return problems;
}

/** The latest clip that was delivered: its camera has footage of its range. */
export async function latestDelivered(records: ClipRecords): Promise<ClipStatus | undefined> {
  for await (const clip of records.inState("available")) return clip;
  return undefined;
}
