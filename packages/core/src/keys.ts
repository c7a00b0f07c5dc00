import { id } from "@camclips/events";

/**
 * Every object key, built here and nowhere else, from ids that are checked again: a key must never leave its folder.
 * Destination keys are the contract's (section 4); the others lie in the work bucket.
 */

/**
 * An id as one segment of a key: letters and digits of any script, `.`, `_` and `-` stay, the rest is percent-encoded, so that
 * keys are plain in shells, consoles and tools, and no two ids share one.
 */
const checked = (value: string): string =>
  id
    .parse(value)
    .replace(/[^\p{L}\p{M}\p{N}._-]/gu, (character) =>
      [...new TextEncoder().encode(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
        .join(""),
    );

export const clipKey = (cameraId: string, clipId: string): string => `${checked(cameraId)}/${checked(clipId)}.mp4`;

/** @param size a width in pixels, or `original`. */
export const thumbnailKey = (cameraId: string, clipId: string, size: number | "original", format: string): string =>
  `${checked(cameraId)}/${checked(clipId)}_${size}.${format}`;

/** What a clipId was first accepted for. */
export const claimKey = (clipId: string): string => `requests/${checked(clipId)}.json`;

/** @param eventId of the SourcesLocated event, so that two attempts never share a file. */
export const stagedSourceKey = (clipId: string, eventId: string, index: number): string =>
  `sources/${checked(clipId)}/${checked(eventId)}/${index}.mp4`;

/** The outbox: what a stage emitted for one event. */
export const resultKey = (clipId: string, stage: string, eventId: string, rerunId = ""): string =>
  `results/${checked(clipId)}/${checked(stage)}/${checked(eventId)}${rerunId && `.${rerunId}`}.json`;

/** The one terminal status of a request, or of its rerun. */
export const terminalKey = (clipId: string, requestKey: string, rerunId = ""): string =>
  `markers/${checked(clipId)}/${checked(requestKey)}${rerunId && `.${rerunId}`}.terminal.json`;

/** Says that subscribers were told. */
export const notifiedKey = (clipId: string, requestKey: string, rerunId = ""): string =>
  `markers/${checked(clipId)}/${checked(requestKey)}${rerunId && `.${rerunId}`}.notified.json`;

/** Says that the camera service was told. */
export const putKey = (clipId: string, requestKey: string, rerunId = ""): string =>
  `markers/${checked(clipId)}/${checked(requestKey)}${rerunId && `.${rerunId}`}.put.json`;

export const eventsPrefix = (clipId: string): string => `events/${checked(clipId)}/`;

export const eventKey = (clipId: string, eventId: string): string => `${eventsPrefix(clipId)}${checked(eventId)}.json`;

/** @returns undefined for a name that could reach out of the recordings' folder. */
export const recordingKey = (folder: string, name: string): string | undefined => {
  const safe = /^[^/\\\0]{1,255}$/.test(name) && name !== "." && name !== "..";
  return safe ? (folder ? `${folder}/${name}` : name) : undefined;
};
