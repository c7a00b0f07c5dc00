import type { Place } from "../place.ts";

/** A queue or topic that the settings name, in whichever way. */
export interface Named {
  name: string;
  arn: string;
  region: string;
  account: string;
}

export interface NamedQueue extends Named {
  url: string;
}

/**
 * A request queue by ARN, by URL, or by its name in the stage's account and region.
 * @throws Error when the URL is none of SQS.
 */
export function queueNamed(named: string | undefined, url: string | undefined, place: Place): NamedQueue {
  const fromArn = named?.match(/^arn:[^:]+:sqs:([^:]+):(\d+):(.+)$/);
  const fromUrl = url?.match(/^https:\/\/sqs\.([^.]+)\.[^/]+\/(\d+)\/(.+)$/);
  if (url && !fromUrl) throw new Error(`AWS_SQS_QUEUE_URL="${url}": not the URL of an SQS queue`);
  const name = fromArn?.[3] ?? fromUrl?.[3] ?? named ?? "";
  const region = fromArn?.[1] ?? fromUrl?.[1] ?? place.region;
  const account = fromArn?.[2] ?? fromUrl?.[2] ?? place.account;
  return {
    name,
    region,
    account,
    arn: `arn:${place.partition}:sqs:${region}:${account}:${name}`,
    url: url ?? `https://sqs.${region}.${place.dnsSuffix}/${account}/${name}`,
  };
}

/** A topic by ARN, or by its name in the stage's account and region. */
export function topicNamed(named: string, place: Place): Named {
  const [, region = place.region, account = place.account, name = named] =
    named.match(/^arn:[^:]+:sns:([^:]+):(\d+):(.+)$/) ?? [];
  return { name, region, account, arn: `arn:${place.partition}:sns:${region}:${account}:${name}` };
}
