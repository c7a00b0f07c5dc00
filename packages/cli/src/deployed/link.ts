import { readFile } from "node:fs/promises";
import { S3Client } from "@aws-sdk/client-s3";
import { cloudFrontLink, s3Link } from "@camclips/aws";
import { type ClipLink, clipKey } from "@camclips/core";
import type { LinkToClip } from "@camclips/service";
import { UsageError } from "../exit-codes.ts";
import { CLIENT, type Deployment, findDeployment } from "./deployment.ts";
import { recordsOf } from "./records.ts";

/** A link to a clip of a deployed stage. @throws UsageError for one that is not there. */
export async function linkInto(stage: string, clipId: string, expiresMs: number): Promise<ClipLink> {
  const deployed = await findDeployment(stage);
  const status = await recordsOf(deployed).status(clipId);
  if (!status?.cameraId || status.state !== "available")
    throw new UsageError(`no link: the clip ${clipId} is ${status ? status.state : `not known to stage "${stage}"`}`);
  const link = await linkMaker(deployed);
  return link({ cameraId: status.cameraId, clipId }, expiresMs);
}

/** How links to a stage's clips are signed: by CloudFront's key, or else with the operator's own rights. @throws UsageError without the key. */
export async function linkMaker({ links, destinationBucket: bucket }: Deployment): Promise<LinkToClip> {
  if (links) {
    const signer = { ...links, privateKey: await linksKey() };
    return async ({ cameraId, clipId }, expiresMs) => cloudFrontLink(signer, clipKey(cameraId, clipId), expiresMs);
  }
  const client = new S3Client({ ...CLIENT, ...(process.env.AWS_ENDPOINT_URL && { forcePathStyle: true }) });
  return ({ cameraId, clipId }, expiresMs) =>
    s3Link(client, { bucket, key: clipKey(cameraId, clipId) }, expiresMs, Date.now());
}

/** The key that the stage was deployed with. */
async function linksKey(): Promise<string> {
  const path = process.env.CLIP_LINKS_KEY;
  if (!path)
    throw new UsageError("the stage serves clips to links only: name the key that signs them in CLIP_LINKS_KEY");
  return readFile(path, "utf8");
}
