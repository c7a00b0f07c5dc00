/** What the shell is told; listed in every help text and in the README. */
export const exitCodes = {
  /** The clip is available, or the command did what it was asked. */
  ok: 0,
  unexpected: 1,
  /** Bad input, a bad setting, a missing program or a full disk: the user can put it right. */
  usage: 2,
  /** The request was decided without a clip. */
  noClip: 3,
  /** No final status yet: another attempt is scheduled. */
  pending: 4,
  /** What was compared with its signed manifest is not what was signed, or nobody trusted signed it. */
  altered: 5,
  /** Ctrl-C; what was begun can be taken up again. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodesHelp = `
Exit codes:
  0    the clip is available, or the command did what it was asked
  1    unexpected failure
  2    bad input, a bad setting, a missing program or a full disk
  3    no clip: a terminal status other than CLIP_AVAILABLE
  4    pending: no final status yet, another attempt is scheduled
  5    altered: a clip is not what its manifest says (camclips verify)
  130  stopped with Ctrl-C; the same command takes the work up again`;

/** The user can put it right; the message says how. No stack trace is shown. */
export class UsageError extends Error {
  override name = "UsageError";
}
