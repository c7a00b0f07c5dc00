/** The finished clip is not what was planned, so it must not be published. */
export class VerificationError extends Error {
  override name = "VerificationError";
  readonly reason = "VERIFY_FAILED";
}

/** The clip's audio is not what was planned; its pictures may well be. */
export class AudioError extends VerificationError {
  override name = "AudioError";
}

/** The sources are intact, but none shows a frame of the clip: what they hold whole shows only when they are opened. */
export class NoFrameError extends Error {
  override name = "NoFrameError";
}
