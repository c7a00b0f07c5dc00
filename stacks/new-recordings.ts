/// <reference path="../.sst/platform/config.d.ts" />
import { VIDEO_ENDINGS } from "@camclips/recordings/video";
import type { StageSettings } from "./settings.ts";
import type { BucketRef } from "./storage.ts";

/** Names of recordings and of segments end so; pictures, playlists and headers beside them do not. Cameras write capitals, too. */
const SUFFIXES = VIDEO_ENDINGS.flatMap((ending) => [`.${ending}`, `.${ending.toUpperCase()}`]);

/**
 * The pattern of a rule for new recordings. A rule cannot ask for folder and ending of one key but by wildcards, of which EventBridge
 * takes few: where there is a folder, that is enough.
 */
export function newRecordings({ name }: BucketRef, { S3_BUCKET_ORIGIN_DIR: folder }: StageSettings) {
  const key = folder ? [{ prefix: `${folder}/` }] : SUFFIXES.map((suffix) => ({ suffix }));
  return $jsonStringify({
    source: ["aws.s3"],
    "detail-type": ["Object Created"],
    detail: { bucket: { name: [name] }, object: { key } },
  });
}
