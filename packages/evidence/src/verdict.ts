import type { KeySet } from "./keys.ts";
import type { Manifest } from "./manifest.ts";

/** One thing that is not as it was signed. */
export interface Finding {
  what: "manifest" | "clip" | "picture" | "source" | "frames";
  /** The file, or its key. */
  name: string;
  /** For people: what is wrong. */
  problem: string;
  /** Bytes of the file, as far as it is known. */
  bytes?: [start: number, end: number];
  /** Seconds of the clip that they show. */
  seconds?: [start: number, end: number];
  /** The instants that they show, ISO 8601. */
  wallClock?: [start: string, end: string];
}

export interface Verdict {
  /** Everything that was looked at is as it was signed, by a key that is trusted. */
  intact: boolean;
  findings: Finding[];
  /** What was compared, and what could not be. */
  checked: string[];
  unchecked: string[];
  kid?: string;
  manifest?: Manifest;
}

export interface Evidence {
  clip: string;
  manifest: string;
  keys: KeySet;
  /** Pictures beside the clip, by the last part of their key; undefined for those that are not there. */
  picture(name: string): Promise<Uint8Array | undefined>;
  /** Where a recording lies, by its key; absent: recordings are not looked at. */
  source?(key: string): string | undefined;
  signal?: AbortSignal;
}
