import type { ClipRendered, EventOf, PreviewFiles, Thumbnail } from "@camclips/events";
import type { Manifest } from "@camclips/evidence";
import type { Deps } from "../runtime/deps.ts";
import { beside, CONTENT_TYPES, SERVED } from "../runtime/files.ts";
import { inParallel } from "../runtime/in-parallel.ts";
import { copyBeside, type Twins } from "./copy-beside.ts";

const AT_ONCE = 4;

/** The pictures beside a clip. */
export interface Pictures {
  thumbnails: Thumbnail[];
  preview?: PreviewFiles | undefined;
  /** The thumbnails as a manifest has them. */
  hashed: Manifest["pictures"];
}

/**
 * Copies the pictures of the clip that this one is a copy of.
 * @returns undefined when it is none, or when not all of them are there as they were made: then they are made anew.
 */
export async function copyPictures(
  { request, clip, reusedFrom: from, pictures }: EventOf<typeof ClipRendered>["data"],
  deps: Pick<Deps, "destination">,
  signal: AbortSignal,
): Promise<Pictures | undefined> {
  if (from === undefined || !pictures) return undefined;
  const twins = { request, clip, from };
  const copied = await inParallel(AT_ONCE, pictures.thumbnails, signal, (picture, _, either) =>
    copyBeside(picture, twins, deps, either),
  );
  const thumbnails: Thumbnail[] = [];
  const hashed: Manifest["pictures"] = [];
  for (const each of copied) {
    if (each?.sha256 === undefined) return undefined;
    const { key, bytes, width, sha256 } = each;
    thumbnails.push({ key, bytes, width });
    hashed.push({ key, bytes, sha256 });
  }
  if (!pictures.preview) return { thumbnails, hashed };
  const preview = await copyPreview(pictures.preview, twins, deps, signal);
  return preview && { thumbnails, hashed, preview };
}

async function copyPreview(
  { storyboard, sprite, animated }: PreviewFiles,
  twins: Twins,
  deps: Pick<Deps, "destination">,
  signal: AbortSignal,
): Promise<PreviewFiles | undefined> {
  const copy = async <File extends { key: string; bytes: number }>(file: File): Promise<File | undefined> => {
    const copied = await copyBeside(file, twins, deps, signal);
    return copied && { ...file, key: copied.key };
  };
  const [ownSprite, ownAnimated, ownTrack] = [
    await copy(sprite),
    animated && (await copy(animated)),
    await copy(storyboard),
  ];
  if (!ownSprite || !ownTrack || (animated && !ownAnimated)) return undefined;
  const text = new TextDecoder().decode(await deps.destination.get(ownTrack.key, signal));
  const body = new TextEncoder().encode(text.replaceAll(nameOf(sprite.key), nameOf(ownSprite.key)));
  const options = { ...SERVED, contentType: CONTENT_TYPES.vtt, metadata: beside(twins.clip), signal };
  await deps.destination.put(ownTrack.key, body, options);
  const track = { key: ownTrack.key, bytes: body.byteLength };
  return { storyboard: track, sprite: ownSprite, ...(ownAnimated && { animated: ownAnimated }) };
}

/** As the track names the sprite that lies beside it. */
const nameOf = (key: string): string => encodeURIComponent(key.slice(key.lastIndexOf("/") + 1));
