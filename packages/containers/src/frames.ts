/** A frame, or a packet of audio, as it lies in a file. Seconds are on the file's own timeline. */
export interface Unit {
  kind: "video" | "audio";
  /** Where the file can be cut so that the unit is behind the cut. */
  at: number;
  seconds: number;
  /**
   * Decoding can start with it: a keyframe, with its parameter sets where the container holds them in the stream. Frames behind a
   * closed one need nothing before it; open is also what is not known to be closed.
   */
  entry?: "closed" | "open" | undefined;
}

/** A place where a file can be cut, and the time there: frames are reordered, so it is about right. */
export interface Place {
  at: number;
  seconds: number;
}

/** A recording of another container than MP4, as its frames. */
export interface FrameFile {
  readonly size: number;
  readonly hasAudio: boolean;
  /** The first place with a time at or behind a position. */
  next(position: number): Promise<Place | undefined>;
  /** The units behind a place, in the file's order. */
  units(at: number): AsyncGenerator<Unit>;
  /** Places from the file's own index, or that were looked at before, in order; empty when there are none. */
  index(): Promise<Place[]>;
  /** What a part of the file needs in front of it. */
  readonly prefix: Uint8Array;
  /** Where time 0 lies, as ffmpeg reads times from the part. */
  readonly zeroSeconds: number;
  /** The bytes of a part as they are given out: its times put right, where the file's own begin again. */
  part(chunks: AsyncIterable<Uint8Array>, start: number): AsyncIterable<Uint8Array>;
}

/** Places that are nearer to each other are not told apart: the bytes between them are read anyway. */
export const NEAR_BYTES = 128 * 1024;
/** A file without an index is looked at in so many places: times that begin again between them are noticed. */
export const LOOKS = 8;

/** Up to so many bytes of a file are read where looks at parts of it do not do: as many as are copied whole. */
export const MOST_LOOKED_THROUGH = 1.5 * 1024 ** 3;

/** A valid file that is not taken apart here; the recording is copied whole, because of the message. */
export class NotTakenApartError extends Error {
  override name = "NotTakenApartError";
}
