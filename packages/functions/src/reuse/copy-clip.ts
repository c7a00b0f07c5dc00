import { clipKey, ObjectChangedError } from "@camclips/core";
import { type AnyFact, ClipRendered, type EventOf, type RenderedClip, type SourcesLocated } from "@camclips/events";
import type { Deps } from "../runtime/deps.ts";
import { publishFile } from "../runtime/publish-file.ts";
import { copyBeside } from "./copy-beside.ts";
import type { Made } from "./makers.ts";

export type CopyNeeds = Pick<Deps, "destination" | "records">;

/** S3 copies no more in one request. */
const MOST_BYTES = 5 * 1024 ** 3;

/**
 * Puts a clip that was made before under a key of its own, if it still is what was told of it.
 * @returns undefined when it is not: then the clip is to be cut.
 */
export async function copyClip(
  { clipId: from, delivered, findings }: Made,
  { request }: Pick<EventOf<typeof SourcesLocated>["data"], "request">,
  deps: CopyNeeds,
  signal: AbortSignal,
): Promise<AnyFact | undefined> {
  const { destination } = deps;
  const { clip, coverage, thumbnails, preview } = delivered;
  const found = await destination.info(clip.key, signal);
  if (found?.metadata.sha256 !== clip.sha256 || found.bytes !== clip.bytes || clip.bytes > MOST_BYTES) return undefined;
  const key = clipKey(request.cameraId, request.clipId);
  const file = { key, sha256: clip.sha256, coverage };
  try {
    const write: Parameters<typeof publishFile>[0]["write"] = (options) => destination.copy(found, key, options);
    const refused = await publishFile({ ...file, write }, { request }, deps, signal);
    if (refused) return refused;
  } catch (error) {
    if (error instanceof ObjectChangedError) return undefined;
    throw error;
  }
  const clock = clip.clock && (await copyBeside(clip.clock, { request, clip, from }, deps, signal));
  if (clip.clock && !clock) return undefined;
  const own: RenderedClip = { ...clip, key, clock };
  const pictures = { thumbnails, preview };
  return ClipRendered.happened({ request, clip: own, coverage, reusedFrom: from, pictures, findings });
}
