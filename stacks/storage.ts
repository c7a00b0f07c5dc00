/// <reference path="../.sst/platform/config.d.ts" />
import type { Profile } from "./profile.ts";
import type { StageSettings } from "./settings.ts";

/** A bucket by what others need of it, own or brought. */
export interface BucketRef {
  name: $util.Input<string>;
  arn: $util.Input<string>;
  own: boolean;
}

interface Expiry {
  prefix: string;
  days: number;
}

/** How long the work bucket keeps things: sources are needed while a clip is made. */
const workLifecycle: readonly Expiry[] = [{ prefix: "sources/", days: 2 }];

/** The three buckets: origin (read only), work (ours, expiring) and destination (the product). */
export function storage(settings: StageSettings, profile: Profile) {
  const keep = profile.kind !== "personal";
  return {
    origin: settings.S3_BUCKET_ORIGIN
      ? brought(settings.S3_BUCKET_ORIGIN)
      : ownBucket("Origin", { keep, expiries: [{ prefix: "", days: 7 }] }),
    work: ownBucket("Work", { keep, expiries: workLifecycle }),
    destination: settings.S3_BUCKET_DESTINATION
      ? brought(settings.S3_BUCKET_DESTINATION)
      : ownBucket("Destination", { keep, expiries: [] }),
  };
}

function brought(name: string): BucketRef {
  return { name, arn: $interpolate`arn:${aws.getPartitionOutput().partition}:s3:::${name}`, own: false };
}

/** Private, encrypted and TLS only (SST's bucket writes the policy and the public access block). */
function ownBucket(name: string, { keep, expiries }: { keep: boolean; expiries: readonly Expiry[] }): BucketRef {
  const bucket = new sst.aws.Bucket(name, { cors: false, transform: { bucket: { forceDestroy: !keep } } });
  new aws.s3.BucketServerSideEncryptionConfiguration(`${name}Encryption`, {
    bucket: bucket.name,
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
  });
  new aws.s3.BucketLifecycleConfiguration(`${name}Lifecycle`, {
    bucket: bucket.name,
    rules: [
      ...expiries.map(({ prefix, days }) => ({
        id: prefix === "" ? "expire" : `expire-${prefix.replace("/", "")}`,
        status: "Enabled",
        filter: { prefix },
        expiration: { days },
      })),
      {
        id: "abort-unfinished-uploads",
        status: "Enabled",
        filter: { prefix: "" },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
      },
    ],
  });
  return { name: bucket.name, arn: bucket.arn, own: true };
}
