/// <reference path="../.sst/platform/config.d.ts" />
import type { Place } from "./place.ts";
import type { Profile } from "./profile.ts";
import type { StageSettings } from "./settings.ts";

/** A bucket by what others need of it, own or brought. */
export interface BucketRef {
  name: $util.Input<string>;
  arn: $util.Input<string>;
  own: boolean;
  /** Of the stack's own buckets: where it is served from. */
  domain?: $util.Output<string>;
}

interface Expiry {
  prefix: string;
  days: number;
}

/** How long the work bucket keeps things: sources are needed while a clip is made. */
const workLifecycle: readonly Expiry[] = [{ prefix: "sources/", days: 2 }];

/** A clip that a rerun replaced, or that somebody deleted, can be taken back for as long. */
const REPLACED_DAYS = 30;

/** The three buckets: origin (read only), work (ours, expiring) and destination (the product). */
export function storage(settings: StageSettings, profile: Profile, place: Place) {
  const keep = profile.kind !== "personal";
  const readers = settings.CLIP_ACCESS !== "private" ? [distributionsOf(place)] : [];
  return {
    origin: settings.S3_BUCKET_ORIGIN
      ? brought(settings.S3_BUCKET_ORIGIN, place)
      : ownBucket("Origin", { keep, expiries: [{ prefix: "", days: 7 }], tells: settings.EARLY_WAKE }),
    work: ownBucket("Work", { keep, expiries: workLifecycle }),
    destination: settings.S3_BUCKET_DESTINATION
      ? brought(settings.S3_BUCKET_DESTINATION, place)
      : ownBucket("Destination", { keep, expiries: [], versions: REPLACED_DAYS, readers }),
  };
}

function brought(name: string, { partition }: Place): BucketRef {
  return { name, arn: `arn:${partition}:s3:::${name}`, own: false };
}

/**
 * Lets the account's own distributions read a bucket. (A statement for one distribution alone would need it before the bucket
 * that it is made of; SST's own `access: "cloudfront"` lets the distributions of every account in.)
 */
function distributionsOf({ partition, account }: Place) {
  return {
    actions: ["s3:GetObject"],
    principals: [{ type: "service" as const, identifiers: ["cloudfront.amazonaws.com"] }],
    conditions: [
      {
        test: "ArnLike",
        variable: "aws:SourceArn",
        values: [`arn:${partition}:cloudfront::${account}:distribution/*`],
      },
    ],
    paths: ["*"],
  };
}

interface OwnBucket {
  keep: boolean;
  expiries: readonly Expiry[];
  /** Days that replaced and deleted objects can be taken back; absent: not at all. */
  versions?: number;
  /** Policy statements that let somebody in. */
  readers?: sst.aws.BucketArgs["policy"];
  /** Whether new objects are told to EventBridge. */
  tells?: boolean;
}

/** Private, encrypted and TLS only (SST's bucket writes the policy and the public access block). */
function ownBucket(name: string, { keep, expiries, versions, readers, tells }: OwnBucket): BucketRef {
  const bucket = new sst.aws.Bucket(name, {
    cors: false,
    versioning: versions !== undefined,
    policy: readers,
    transform: { bucket: { forceDestroy: !keep } },
  });
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
      ...(versions === undefined
        ? []
        : [
            {
              id: "expire-replaced",
              status: "Enabled",
              filter: { prefix: "" },
              noncurrentVersionExpiration: { noncurrentDays: versions },
            },
          ]),
      {
        id: "abort-unfinished-uploads",
        status: "Enabled",
        filter: { prefix: "" },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
      },
    ],
  });
  if (tells) new aws.s3.BucketNotification(`${name}Events`, { bucket: bucket.name, eventbridge: true });
  return { name: bucket.name, arn: bucket.arn, own: true, domain: bucket.nodes.bucket.bucketRegionalDomainName };
}
