import { FfmpegError } from "./errors.ts";

/** The level that the log needs, for its lines to say who speaks: a file's own texts must not be taken for complaints. */
export const BLAME_LOG = "level+info";

const OPENED = /^\[info\] Input #|^(?:\[[^\]]*\] )?\[(?:error|fatal)\] (?:file:|Error opening input)/m;

/** Only the end of a log is kept; an ffmpeg that says so much has opened something. */
const LONG_LOG = 16_000;

/** A build that lacks something, a signal from outside, a file that the system does not give. */
const NOT_ITS_FAULT = [
  /\[(?:error|fatal)\].*(?:No such file or directory|Permission denied|Too many open files)/,
  /Unknown (?:en|de)coder|No such filter|not a suitable output format|Unrecognized option|Option not found/,
  /Exiting normally, received signal|system signals, hard exiting/,
];

/**
 * Whether a failure may be the input's fault. An ffmpeg that could not run, was killed, or ended before it had opened its
 * input, says nothing about recordings: that is a fault of the machine.
 * @param error of a run with `-v level+info`.
 */
export function mayBlameInput(error: unknown): error is FfmpegError {
  if (!(error instanceof FfmpegError) || error.exitCode === null) return false;
  return (
    (OPENED.test(error.log) || error.log.length > LONG_LOG) && !NOT_ITS_FAULT.some((pattern) => pattern.test(error.log))
  );
}
