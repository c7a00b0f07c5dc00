import type { Settings } from "@camclips/events";
import type { StartHints } from "@camclips/recordings";
import { createLayout } from "@camclips/recordings/layout";
import { isSegment, recordingKey } from "./keys.ts";
import { basename, type NameRules, recordingNamed, recordingStartMs } from "./recording-name.ts";

/** Where the recordings' objects lie, and how they are named: by the contract (section 3), or by a layout. */
export type ObjectRules = NameRules & Pick<Settings, "S3_BUCKET_ORIGIN_DIR" | "RECORDING_LAYOUT" | "RECORDING_ZONE">;

export interface RecordingObjects {
  /**
   * @param listed tells two hours apart where clocks are set back.
   * @returns undefined for a URL whose name could reach out of the recordings' folder; `startMs` where the name tells it.
   */
  atUrl(url: string, listed?: StartHints): { key: string; startMs: number | undefined } | undefined;
  /** @returns the key of a file beside the recording with that key: in the same folder, with the last name of the URL. */
  beside(key: string, url: string): string | undefined;
  /** @returns undefined for what is no recording, or whose name does not say whose it is. */
  atKey(key: string): { camera: string; startMs: number } | undefined;
}

export const recordingObjects = (rules: ObjectRules): RecordingObjects => ({
  ...(rules.RECORDING_LAYOUT === undefined ? byContract(rules) : byLayout(rules.RECORDING_LAYOUT, rules)),
  beside: (key, url) => recordingKey(key.slice(0, Math.max(0, key.lastIndexOf("/"))), safeDecode(basename(url))),
});

type Named = Omit<RecordingObjects, "beside">;

function byContract(rules: ObjectRules): Named {
  const { S3_BUCKET_ORIGIN_DIR: folder } = rules;
  return {
    atUrl(url) {
      const name = safeDecode(basename(url));
      const key = recordingKey(folder, name);
      return key === undefined ? undefined : { key, startMs: recordingStartMs(name, rules) };
    },
    atKey(key) {
      const name = nameBelow(folder, key);
      return name === undefined || name.includes("/") ? undefined : recordingNamed(name, rules);
    },
  };
}

/** A layout is of the end of a path: as many of a URL's last segments as it takes are the object's name. */
function byLayout(layout: string, { RECORDING_ZONE: zone, S3_BUCKET_ORIGIN_DIR: folder }: ObjectRules): Named {
  const { read } = createLayout(layout);
  return {
    atUrl(url, listed) {
      const segments = pathOf(url).split("/").map(safeDecode);
      // What stands before an encoded slash or a way up is nothing to rely on.
      const safe = segments.slice(segments.findLastIndex((segment) => !isSegment(segment)) + 1);
      const named = read(safe.join("/"), zone, listed);
      const key = recordingKey(folder, ...(named?.name.split("/") ?? safe.slice(-1)));
      return key === undefined ? undefined : { key, startMs: named?.startMs };
    },
    atKey(key) {
      const name = nameBelow(folder, key);
      const named = name === undefined ? undefined : read(name, zone);
      if (!named?.camera || named.name !== name) return undefined;
      return { camera: named.camera, startMs: named.startMs };
    },
  };
}

const nameBelow = (folder: string, key: string): string | undefined => {
  const start = folder ? `${folder}/` : "";
  return key.startsWith(start) ? key.slice(start.length) : undefined;
};

/** Without scheme, host, query and fragment. */
const pathOf = (url: string): string => (url.split(/[?#]/, 1)[0] ?? "").replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\/?/i, "");

/** Names in URLs may be percent-encoded; one that is not valid stays as it is. */
function safeDecode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
