/** The recording cannot be used: empty, truncated, not a video, or broken where it is needed. Trying again does not help. */
export class CorruptSourceError extends Error {
  override name = "CorruptSourceError";
  /** The file or object that is broken. */
  readonly source: string;
  constructor(source: string, message: string, options?: ErrorOptions) {
    super(`${source}: ${message}`, options);
    this.source = source;
  }
}

/** The finished clip is not what was planned, so it must not be published. */
export class VerificationError extends Error {
  override name = "VerificationError";
}
