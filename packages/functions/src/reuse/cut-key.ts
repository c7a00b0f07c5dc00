import {
  type ChoiceName,
  type ClipRequest,
  clipChoiceNames,
  derivedId,
  type Gap,
  type Settings,
} from "@camclips/events";
import type { Deps } from "../runtime/deps.ts";
import type { SlicedSource } from "../sources/probe-sources.ts";

type Needs = Pick<Deps, "settings" | "destinationBucket" | "engine">;

/** Settings of who is asked and told, and when: all others may decide what a clip is, or where it lies. */
const BESIDES: readonly string[] = [
  "CAM_SERVICES_URL",
  "RECORDINGS_URL",
  "CLIP_URL",
  "AWS_SNS_TOPIC",
  "AWS_SQS_QUEUE",
  "AWS_SQS_QUEUE_URL",
  "SQS_RETRY_LIMIT",
  "SQS_TIMEOUT",
  "OUT_OF_RANGE_LIMIT",
  "VIDEO_MAX_LEN",
  "RECORDING_MAX_LEN",
  "CLIP_WORK_LIMIT",
  "CLIP_DOWNLOAD_DEST",
  "LINK_SECONDS",
  "LOG_LEVEL",
  "REUSE",
] satisfies (keyof Settings)[];

/** What a clip is cut out of: its camera's name, the recordings as they are now, and what is missing. */
export interface CutSources {
  request: ClipRequest;
  alias: string;
  probed: readonly SlicedSource[];
  gaps: readonly Gap[];
}

/**
 * Names everything that decides a byte of what is delivered: equal names, equal clips.
 * @returns undefined where nothing is copied, or where it cannot be told whether a recording is still the same.
 */
export async function cutKey(
  { request, alias, probed, gaps }: CutSources,
  { settings, destinationBucket, engine }: Needs,
): Promise<string | undefined> {
  const versions = probed.map(versionsOf);
  const made = await engine?.();
  if (!made || versions.some((list) => list.includes(""))) return undefined;
  const { cameraId, startMs, endMs } = request;
  const decisive = Object.entries(settings).filter(([name]) => !BESIDES.includes(name));
  const sources = probed.map(({ part, zeroMs, object }, index) => [part, zeroMs, object.size, versions[index]]);
  return derivedId(
    made,
    JSON.stringify([destinationBucket, decisive]),
    JSON.stringify([cameraId, alias, startMs, endMs, chosenFor(request, settings)]),
    JSON.stringify([sources, gaps]),
  );
}

/** One version of everything that a recording is read from; an empty one is not known. */
const versionsOf = ({ object }: SlicedSource): string[] => [
  object.etag,
  ...(object.initEtag === undefined ? [] : [object.initEtag]),
];

/** A choice that was made says the same as the default that it equals. */
function chosenFor(request: ClipRequest, { CLIP_PRECISION, PREVIEWS, CLIP_CLOCK, CLIP_CODEC }: Settings) {
  const usual: Partial<Record<ChoiceName, string>> = {
    precision: CLIP_PRECISION,
    quality: "usual",
    preview: PREVIEWS,
    clock: CLIP_CLOCK,
    codec: CLIP_CODEC,
  };
  return clipChoiceNames.map((name) => [name, request[name] ?? usual[name]]);
}
