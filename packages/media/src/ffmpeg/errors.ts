import { OLDEST_VERSION } from "./find/requirements.ts";

const MESSAGE_LINES = 6;

/** ffmpeg ran and did not succeed, or was stopped by its time limit. The message ends with its last lines. */
export class FfmpegError extends Error {
  override name = "FfmpegError";
  readonly exitCode: number | null;
  readonly exitSignal: NodeJS.Signals | null;
  readonly args: readonly string[];
  /** The end of what ffmpeg wrote to stderr. */
  readonly log: string;

  constructor(
    message: string,
    outcome: { exitCode: number | null; exitSignal: NodeJS.Signals | null; args: readonly string[]; log: string },
  ) {
    const lastLines = outcome.log.split("\n").slice(-MESSAGE_LINES).join("\n");
    super(lastLines === "" ? message : `${message}\n${lastLines}`);
    this.exitCode = outcome.exitCode;
    this.exitSignal = outcome.exitSignal;
    this.args = outcome.args;
    this.log = outcome.log;
  }
}

/** No ffmpeg on this machine can be used. The message, one line, tells a user why and what to do. */
export class NoFfmpegError extends Error {
  override name = "NoFfmpegError";

  constructor(problem: string) {
    super(
      `${problem}. Install ffmpeg ${OLDEST_VERSION} or newer (apt-get install -y ffmpeg, brew install ffmpeg), or set FFMPEG_BIN to the path of one`,
    );
  }
}

/** There is no ffmpeg where it was expected. The message tells a user what to do. */
export class FfmpegMissingError extends Error {
  override name = "FfmpegMissingError";

  constructor(ffmpeg: string, options?: ErrorOptions) {
    super(`cannot start "${ffmpeg}": install ffmpeg (5.1 or newer) or set FFMPEG_BIN to the path of one`, options);
  }
}
