import { statSync } from "node:fs";
import { join } from "node:path";
import type { ObjectStore } from "@camclips/core";
import type { Settings } from "@camclips/events";
import { createFolderStore } from "@camclips/local";
import { layoutProblem } from "@camclips/recordings/layout";
import { UsageError } from "../exit-codes.ts";
import { settingsFrom } from "../input/environment.ts";
import { makeWritable } from "../input/writable-folder.ts";

/** What the pipeline works with: settings, and where objects lie. */
export interface Setup {
  settings: Settings;
  origin: ObjectStore;
  destination: ObjectStore;
  destinationBucket: string;
}

const HINT = 'To try it without any service: --camera-service fake. All settings: README.md, "Settings"';

/** The services and buckets that the environment names. */
export async function configuredSetup(environment: NodeJS.ProcessEnv, state: string): Promise<Setup> {
  const settings = settingsFrom(environment, HINT);
  const problem = settings.RECORDING_LAYOUT && layoutProblem(settings.RECORDING_LAYOUT);
  if (problem) throw new UsageError(`RECORDING_LAYOUT: ${problem}`);
  const destinationBucket = settings.S3_BUCKET_DESTINATION ?? destinationIn(state);
  if (isFolder(destinationBucket)) await makeWritable(destinationBucket, "the destination");
  return {
    settings,
    destinationBucket,
    origin: await storeOf(settings.S3_BUCKET_ORIGIN, environment, "existing"),
    destination: await storeOf(destinationBucket, environment),
  };
}

/** A name with a slash in it is a folder, any other a bucket. */
export const isFolder = (name: string): boolean => name.includes("/");

/** Where clips go unless the settings name a place. */
export function destinationIn(state: string): string {
  const folder = join(state, "destination");
  return isFolder(folder) ? folder : `./${folder}`;
}

async function storeOf(name: string, environment: NodeJS.ProcessEnv, existing?: "existing"): Promise<ObjectStore> {
  if (isFolder(name)) {
    if (existing && !statSync(name, { throwIfNoEntry: false })?.isDirectory())
      throw new UsageError(`S3_BUCKET_ORIGIN="${name}": there is no such folder`);
    return createFolderStore(name);
  }
  const { S3Client } = await import("@aws-sdk/client-s3");
  const { createS3Store } = await import("@camclips/aws");
  const region = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  if (!region)
    throw new UsageError(`"${name}" is a bucket, so AWS_REGION must be set; a folder has a slash in its name`);
  // Emulators serve buckets by path.
  return createS3Store(new S3Client({ region, forcePathStyle: environment.AWS_ENDPOINT_URL !== undefined }), name);
}
