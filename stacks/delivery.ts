/// <reference path="../.sst/platform/config.d.ts" />
import { globalNameOf } from "./names.ts";
import type { Place } from "./place.ts";
import type { StageSettings } from "./settings.ts";
import type { BucketRef } from "./storage.ts";

/** AWS's managed policy CachingOptimized: it keeps what Cache-Control allows, and compresses nothing that is a video. */
const CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6";

/** Where clips are served from. With CLIP_ACCESS=cloudfront a distribution in front of the stage's own bucket. */
export function delivery(settings: StageSettings, { domain }: BucketRef, place: Place): $util.Input<string> {
  const { CLIP_ACCESS, CLIP_URL = "" } = settings;
  if (CLIP_ACCESS === "private" || !domain) return CLIP_URL;
  const access = new aws.cloudfront.OriginAccessControl("ClipsAccess", {
    name: globalNameOf("clips", place),
    originAccessControlOriginType: "s3",
    signingBehavior: "always",
    signingProtocol: "sigv4",
  });
  const { domainName } = new aws.cloudfront.Distribution("ClipsDistribution", {
    comment: globalNameOf("clips", place),
    enabled: true,
    httpVersion: "http2and3",
    isIpv6Enabled: true,
    origins: [{ originId: "clips", domainName: domain, originAccessControlId: access.id }],
    defaultCacheBehavior: {
      targetOriginId: "clips",
      viewerProtocolPolicy: "redirect-to-https",
      allowedMethods: ["GET", "HEAD"],
      cachedMethods: ["GET", "HEAD"],
      cachePolicyId: CACHING_OPTIMIZED,
    },
    restrictions: { geoRestriction: { restrictionType: "none" } },
    viewerCertificate: { cloudfrontDefaultCertificate: true },
    // It takes minutes to reach every edge; the stage works meanwhile.
    waitForDeployment: false,
  });
  return CLIP_URL || $interpolate`https://${domainName}`;
}
