import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { Footage } from "@camclips/core";
import { makeCamera } from "@camclips/media/synthetic";
import type { Clients } from "./clients.ts";

/** A camera of the tests: what it has recorded, and what of it the service lists by now. */
export interface TestCamera {
  cameraId: string;
  alias: string;
  startMs: number;
  /** In time order. */
  recordings: Footage[];
  /** What the camera service lists. */
  listed: Footage[];
}

interface CameraOptions {
  folder: string;
  ffmpeg: string;
  cameraId: string;
  startMs: number;
  recordings?: number;
  seconds?: number;
}

/** Makes back-to-back recordings and uploads them to the origin bucket; all are listed. */
export async function recordCamera(
  { s3 }: Clients,
  bucket: string,
  { folder, ffmpeg, cameraId, startMs, recordings = 2, seconds = 6 }: CameraOptions,
): Promise<TestCamera> {
  const alias = `cam-${cameraId}`;
  const made = await makeCamera({ folder, ffmpeg, alias, startMs, recordings, seconds, gop: 25 });
  const footage: Footage[] = [];
  for (const { path, startMs: from, endMs } of made.recordings) {
    const key = basename(path);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: await readFile(path) }));
    footage.push({ key, startMs: from, endMs: Math.round(endMs) });
  }
  return { cameraId, alias, startMs, recordings: footage, listed: [...footage] };
}
