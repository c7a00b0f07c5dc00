/// <reference path="../.sst/platform/config.d.ts" />

/** Where a stage is deployed. */
export interface Place {
  account: string;
  region: string;
  partition: string;
  /** `amazonaws.com` in most partitions. */
  dnsSuffix: string;
}

export async function deploymentPlace(): Promise<Place> {
  const [{ accountId: account }, { region }, { partition, dnsSuffix }] = await Promise.all([
    aws.getCallerIdentity(),
    aws.getRegion(),
    aws.getPartition(),
  ]);
  return { account, region, partition, dnsSuffix };
}
