import { resolve } from "node:path";
import { createFolderStore } from "@camclips/local";
import type { OpenFile } from "@camclips/service";
import { CLIENT, type Deployment } from "../deployed/deployment.ts";
import { isThere } from "../desk/state-files.ts";
import { isFolder } from "../run/setup.ts";

/** Clips of a deployed stage, out of its bucket. */
export async function openDeployed({ destinationBucket }: Deployment): Promise<OpenFile> {
  const store = await bucketStore(destinationBucket);
  return (_, key, signal) => store.open(key, signal);
}

/** Clips that commands of this machine made: where their metadata says, from the folder in which they were run. */
export const openLocal: OpenFile = async (bucket, key, signal) => {
  // "camclips clip" calls any folder so, "camclips invoke" one with a slash in its name.
  const isHere = isFolder(bucket) || isThere(bucket);
  const store = isHere ? createFolderStore(resolve(bucket)) : await bucketStore(bucket);
  return store.open(key, signal);
};

async function bucketStore(bucket: string) {
  const [{ S3Client }, { createS3Store }] = await Promise.all([import("@aws-sdk/client-s3"), import("@camclips/aws")]);
  // Emulators serve buckets by path.
  const client = new S3Client({ ...CLIENT, forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined });
  return createS3Store(client, bucket);
}
