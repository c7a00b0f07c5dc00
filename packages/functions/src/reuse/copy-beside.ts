import { keyOfTwin, ObjectChangedError } from "@camclips/core";
import type { ClipRequest } from "@camclips/events";
import type { Deps } from "../runtime/deps.ts";
import { CONTENT_TYPES, SERVED } from "../runtime/files.ts";

const contentTypes: Record<string, string> = CONTENT_TYPES;

export interface Twins {
  request: Pick<ClipRequest, "cameraId" | "clipId">;
  clip: { sha256: string };
  /** The clipId of the other one. */
  from: string;
}

/** @returns undefined when the file is not there as it was told, or is not one of the clip's. */
export async function copyBeside<File extends { key: string; bytes: number }>(
  file: File,
  { request: { cameraId, clipId }, clip, from }: Twins,
  { destination }: Pick<Deps, "destination">,
  signal: AbortSignal,
): Promise<(File & { sha256: string | undefined }) | undefined> {
  const found = await destination.info(file.key, signal);
  if (!found || found.metadata.clip !== clip.sha256 || found.bytes !== file.bytes) return undefined;
  const key = keyOfTwin(file.key, cameraId, from, clipId);
  const contentType = contentTypes[key.slice(key.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  try {
    await destination.copy(found, key, { ...SERVED, contentType, metadata: found.metadata, signal });
  } catch (error) {
    if (error instanceof ObjectChangedError) return undefined;
    throw error;
  }
  return { ...file, key, sha256: found.metadata.sha256 };
}
