/** The finished clip is not what was planned, so it must not be published. */
export class VerificationError extends Error {
  override name = "VerificationError";
  readonly reason = "VERIFY_FAILED";
}

/** The clip's audio is not what was planned; its pictures may well be. */
export class AudioError extends VerificationError {
  override name = "AudioError";
}
