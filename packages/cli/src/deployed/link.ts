import { readFile } from "node:fs/promises";
import { S3Client } from "@aws-sdk/client-s3";
import { cloudFrontLink, s3Link } from "@camclips/aws";
import { type ClipLink, clipKey } from "@camclips/core";
import { UsageError } from "../exit-codes.ts";
import { CLIENT, findDeployment } from "./deployment.ts";
import { recordsOf } from "./records.ts";

/** A link to a clip of a deployed stage. @throws UsageError for one that is not there. */
export async function linkInto(stage: string, clipId: string, expiresMs: number): Promise<ClipLink> {
  const deployed = await findDeployment(stage);
  const status = await recordsOf(deployed).status(clipId);
  if (!status?.cameraId || status.state !== "available")
    throw new UsageError(`no link: the clip ${clipId} is ${status ? status.state : `not known to stage "${stage}"`}`);
  const key = clipKey(status.cameraId, clipId);
  if (deployed.links) return cloudFrontLink({ ...deployed.links, privateKey: await linksKey() }, key, expiresMs);
  const pathStyle = process.env.AWS_ENDPOINT_URL ? { forcePathStyle: true } : {};
  const bucket = { bucket: deployed.destinationBucket, key };
  return s3Link(new S3Client({ ...CLIENT, ...pathStyle }), bucket, expiresMs, Date.now());
}

/** The key that the stage was deployed with. */
async function linksKey(): Promise<string> {
  const path = process.env.CLIP_LINKS_KEY;
  if (!path)
    throw new UsageError("the stage serves clips to links only: name the key that signs them in CLIP_LINKS_KEY");
  return readFile(path, "utf8");
}
