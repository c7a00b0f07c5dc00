import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl as signedByCloudFront } from "@aws-sdk/cloudfront-signer";
import { getSignedUrl as signedByS3 } from "@aws-sdk/s3-request-presigner";
import type { ClipLink } from "@camclips/core";

/** How a distribution lets links in: its own address, and the id of the public key that it trusts. */
export interface SignedAccess {
  url: string;
  keyPairId: string;
  /** PEM. */
  privateKey: string;
}

/** A link to an object behind a distribution that serves nobody without one (CLIP_ACCESS=signed). */
export function cloudFrontLink({ url, keyPairId, privateKey }: SignedAccess, key: string, expiresMs: number): ClipLink {
  // CloudFront counts whole seconds.
  const expiresAt = new Date(Math.floor(expiresMs / 1000) * 1000);
  const path = key.split("/").map(encodeURIComponent).join("/");
  const signed = signedByCloudFront({
    url: `${url}/${path}`,
    keyPairId,
    privateKey,
    dateLessThan: expiresAt.toISOString(),
  });
  return { url: signed, expiresAt: expiresAt.toISOString() };
}

/** S3 signs for a week at most. */
export const LONGEST_S3_LINK_MS = 7 * 24 * 3600_000;

/** A link into a bucket. It ends with the credentials that sign it, where these end sooner: those of roles and log-ins do. */
export async function s3Link(
  client: S3Client,
  { bucket, key }: { bucket: string; key: string },
  expiresMs: number,
  nowMs: number,
): Promise<ClipLink> {
  const { expiration } = await client.config.credentials();
  const untilMs = Math.min(expiresMs, expiration?.getTime() ?? expiresMs, nowMs + LONGEST_S3_LINK_MS);
  const expiresIn = Math.max(1, Math.floor((untilMs - nowMs) / 1000));
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  const url = await signedByS3(client, command, { expiresIn, signingDate: new Date(nowMs) });
  return { url, expiresAt: new Date(nowMs + expiresIn * 1000).toISOString() };
}
