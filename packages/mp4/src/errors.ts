import type { TimelineStarts } from "./slice/slice.ts";

/** The recording cannot be used: empty, truncated, not a video, or broken where it is needed. Trying again does not help. */
export class CorruptSourceError extends Error {
  override name = "CorruptSourceError";
  readonly reason = "CORRUPT_SOURCE";
  /** The file or object that is broken. */
  readonly source: string;
  constructor(source: string, message: string, options?: ErrorOptions) {
    super(`${source}: ${message}`, options);
    this.source = source;
  }
}

/** A box contradicts itself or its surroundings. Internal: public functions turn it into CorruptSourceError. */
export class MalformedBoxError extends Error {
  override name = "MalformedBoxError";
}

/** A valid file that this reader does not take apart; the recording is copied whole. */
export class UnsupportedStructureError extends Error {
  override name = "UnsupportedStructureError";
}

/** The recording is intact, but none of its frames lies in the asked range. */
export class OutsideMediaError extends Error {
  override name = "OutsideMediaError";
  /** Video that the recording really holds, seconds on its own timeline. */
  readonly media: { startSeconds: number; endSeconds: number };
  readonly starts: TimelineStarts;
  constructor(source: string, media: { startSeconds: number; endSeconds: number }, starts: TimelineStarts) {
    super(`${source}: no frame in the asked range, video runs from ${media.startSeconds} s to ${media.endSeconds} s`);
    this.media = media;
    this.starts = starts;
  }
}

/** What `read` gives, or `undefined` where a box or a parameter set is malformed and nothing depends on it. */
export function unlessBroken<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedBoxError) return undefined;
    throw error;
  }
}

/** Runs `read` and names the file in whatever is wrong with its boxes. */
export async function namingSource<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof MalformedBoxError) throw new CorruptSourceError(name, error.message, { cause: error });
    throw error;
  }
}
