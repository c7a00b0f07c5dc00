import { groupId, id } from "@camclips/events";
import type { EntryKey } from "./clip-records.ts";

/**
 * Every key of an object and of an entry in a clip's record, built here and nowhere else, from ids that are checked again: a
 * key must never leave its folder. Destination keys are the contract's (section 4), staged sources are in the work bucket.
 */

/** As a clip's record is looked up by: entries are no paths. */
const valid = (value: string): string => id.parse(value);

/**
 * An id as one segment of a key: letters and digits of any script, `.`, `_` and `-` stay, the rest is percent-encoded, so that
 * keys are plain in shells, consoles and tools, and no two ids share one.
 */
const checked = (value: string): string =>
  valid(value).replace(/[^\p{L}\p{M}\p{N}._-]/gu, (character) =>
    [...new TextEncoder().encode(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
      .join(""),
  );

export const clipKey = (cameraId: string, clipId: string): string => `${checked(cameraId)}/${checked(clipId)}.mp4`;

/** @param size a width in pixels, or `original`. */
export const thumbnailKey = (cameraId: string, clipId: string, size: number | "original", format: string): string =>
  `${checked(cameraId)}/${checked(clipId)}_${size}.${format}`;

const PREVIEW_NAMES = { storyboard: "storyboard.vtt", sprite: "storyboard.jpg", animated: "preview.webp" };

/** Of a file of a clip's preview. */
export const previewKey = (cameraId: string, clipId: string, file: keyof typeof PREVIEW_NAMES): string =>
  `${checked(cameraId)}/${checked(clipId)}_${PREVIEW_NAMES[file]}`;

/** The signed manifest beside a clip. */
export const manifestKey = (cameraId: string, clipId: string): string =>
  `${checked(cameraId)}/${checked(clipId)}.manifest.json`;

/** The clip's clock as WebVTT. */
export const clockKey = (cameraId: string, clipId: string): string =>
  `${checked(cameraId)}/${checked(clipId)}_clock.vtt`;

/** Where a file beside one clip of a camera has its like beside another one. @throws Error for a key of another clip's. */
export function keyOfTwin(key: string, cameraId: string, from: string, to: string): string {
  const base = `${checked(cameraId)}/${checked(from)}`;
  if (!key.startsWith(`${base}.`) && !key.startsWith(`${base}_`)) throw new Error(`${key} is no file of ${from}`);
  return `${checked(cameraId)}/${checked(to)}${key.slice(base.length)}`;
}

/** @param eventId of the SourcesLocated event, so that two attempts never share a file. */
export const stagedSourceKey = (clipId: string, eventId: string, index: number): string =>
  `sources/${checked(clipId)}.${checked(eventId)}-${index}.mp4`;

/** Whether a name from outside can be one segment of a key. */
export const isSegment = (name: string): boolean => /^[^/\\\0]{1,255}$/.test(name) && name !== "." && name !== "..";

/** @returns undefined for a name that could reach out of the recordings' folder. */
export const recordingKey = (folder: string, ...names: string[]): string | undefined =>
  names.length > 0 && names.every(isSegment) ? [...(folder ? [folder] : []), ...names].join("/") : undefined;

/** What a clipId was first accepted for. */
export const claimEntry = (clipId: string): EntryKey => ({ clipId: valid(clipId), name: "claim" });

/** The outbox: what a stage emitted for one event. */
export const resultEntry = (clipId: string, stage: string, eventId: string, rerunId = ""): EntryKey => ({
  clipId: valid(clipId),
  name: `result/${checked(stage)}/${checked(eventId)}${rerunId && `.${rerunId}`}`,
});

/** Which event of a rerun a stage works on: the archive holds one for every attempt of a request. */
export const rerunEntry = (clipId: string, stage: string, requestKey: string, rerunId: string): EntryKey => ({
  clipId: valid(clipId),
  name: `rerun/${checked(stage)}/${checked(requestKey)}.${rerunId}`,
});

/** Says that a stage gave up on an event, and that it was told. */
export const failureEntry = (clipId: string, stage: string, eventId: string, rerunId = ""): EntryKey => ({
  clipId: valid(clipId),
  name: `failure/${checked(stage)}/${checked(eventId)}${rerunId && `.${rerunId}`}`,
});

/** A delivery of a queue's message that a stage saw, from 1. It is of a message, not of a clip: requests that cannot be read are counted, too. */
export const deliveryEntry = (messageId: string, stage: string, count: number): EntryKey => ({
  clipId: valid(messageId),
  name: `delivery/${checked(stage)}/${count}`,
});

const ofRequest =
  (kind: string) =>
  (clipId: string, requestKey: string, rerunId = ""): EntryKey => ({
    clipId: valid(clipId),
    name: `${kind}/${checked(requestKey)}${rerunId && `.${rerunId}`}`,
  });

/** The one terminal status of a request, or of its rerun. */
export const terminalEntry = ofRequest("terminal");

/** Says that subscribers were told. */
export const notifiedEntry = ofRequest("notified");

/** Says that the camera service was told. */
export const putEntry = ofRequest("put");

/** A group has a record of its own: no clipId has a slash in it. */
const ofGroup =
  (name: string) =>
  (group: string): EntryKey => ({ clipId: `group/${groupId.parse(group)}`, name });

/** What a groupId was first sent with. */
export const groupEntry = ofGroup("claim");

/** The items of a group, once each was taken up or refused. */
export const groupItemsEntry = ofGroup("items");

/** Says that subscribers were told of the whole group. */
export const groupToldEntry = ofGroup("told");

/** `.stream` at the end may be the camera's, or the new format's: who looks for either finds both. */
const cameraRecord = (camera: string): string => `waiting/${camera.replace(/\.stream$/, "")}`;

/** Longer than any instant in ms: names sort as their instants do. */
const sortable = (ms: number): string => String(Math.max(0, ms)).padStart(15, "0");

/** A clip that waits for footage of a camera, by its alias. Such entries are of a camera, and sort by the clips' start. */
export const waitingEntry = (alias: string, startMs: number, clipId: string): EntryKey => ({
  clipId: cameraRecord(alias),
  name: `${sortable(startMs)}/${valid(clipId)}`,
});

/** Between which the entries of clips lie that start in `[fromMs, toMs]`. */
export const waitingEntries = (camera: string, { fromMs, toMs }: { fromMs: number; toMs: number }) => ({
  clipId: cameraRecord(camera),
  from: sortable(fromMs),
  to: sortable(toMs + 1),
});

/** Says which message woke a clip: the attempt that follows is made once. */
export const wokenEntry = (clipId: string, attemptKey: string): EntryKey => ({
  clipId: valid(clipId),
  name: `woken/${checked(attemptKey)}`,
});

/** What the ids of cuts' records start with: a cut has a record of its own, too. */
export const CUT_RECORDS = "cut/";
export const cutRecord = (cut: string): string => `${CUT_RECORDS}${checked(cut)}`;
const ofCut = (cut: string, name: string): EntryKey => ({ clipId: cutRecord(cut), name });

/** Whose turn it was to make a cut. */
export const makerEntry = (cut: string, turn: number): EntryKey => ofCut(cut, `maker/${turn}`);

/** Says that those were woken who waited for the maker of a turn. */
export const twinsWokenEntry = (cut: string, turn: number): EntryKey => ofCut(cut, `woken/${turn}`);

/** An event that waits for a cut; it is sent again when that is made. */
export const twinEntry = (cut: string, eventId: string): EntryKey => ofCut(cut, `${EVENT_ENTRIES}${checked(eventId)}`);

/** What the names of events in a clip's record start with. */
export const EVENT_ENTRIES = "event/";

export const eventEntry = (clipId: string, eventId: string): EntryKey => ({
  clipId: valid(clipId),
  name: `${EVENT_ENTRIES}${checked(eventId)}`,
});
