/// <reference path="../.sst/platform/config.d.ts" />
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { globalNameOf } from "./names.ts";
import type { Place } from "./place.ts";
import type { StageSettings } from "./settings.ts";
import type { BucketRef } from "./storage.ts";

/** AWS's managed policy CachingOptimized: it keeps what Cache-Control allows, and compresses nothing that is a video. */
const CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6";

/** How clips are reached from outside. */
export interface Delivery {
  /** Where they are served from. */
  clipUrl: $util.Input<string>;
  /** Of CLIP_ACCESS=signed: how links are made. */
  links?: { url: $util.Output<string>; keyPairId: $util.Output<string>; privateKey: $util.Output<string> };
}

/**
 * With CLIP_ACCESS=cloudfront a distribution in front of the stage's own bucket; with CLIP_ACCESS=signed one that serves nobody
 * without a link.
 */
export function delivery(settings: StageSettings, { domain }: BucketRef, place: Place): Delivery {
  const { CLIP_ACCESS, CLIP_URL = "", CLIP_LINKS_KEY } = settings;
  if (CLIP_ACCESS === "private" || !domain) return { clipUrl: CLIP_URL };
  const trusted = CLIP_ACCESS === "signed" && CLIP_LINKS_KEY ? trustedKey(CLIP_LINKS_KEY, place) : undefined;
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
      ...(trusted && { trustedKeyGroups: [trusted.groupId] }),
    },
    restrictions: { geoRestriction: { restrictionType: "none" } },
    viewerCertificate: { cloudfrontDefaultCertificate: true },
    // It takes minutes to reach every edge; the stage works meanwhile.
    waitForDeployment: false,
  });
  const url = $interpolate`https://${domainName}`;
  const links = trusted && { url, keyPairId: trusted.keyPairId, privateKey: trusted.privateKey };
  return { clipUrl: CLIP_URL || url, ...(links && { links }) };
}

/** A key that is replaced is taken out of the group before it goes: its links end then. */
function trustedKey(path: string, place: Place) {
  const pem = readFileSync(path, "utf8");
  const encodedKey = createPublicKey(pem).export({ type: "spki", format: "pem" }).toString();
  const name = globalNameOf("links", place);
  const { id: keyPairId } = new aws.cloudfront.PublicKey("LinksPublicKey", { namePrefix: `${name}-`, encodedKey });
  const { id: groupId } = new aws.cloudfront.KeyGroup("LinksKeyGroup", { name, items: [keyPairId] });
  return { groupId, keyPairId, privateKey: $util.secret(pem) };
}
