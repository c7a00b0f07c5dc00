/// <reference path="../.sst/platform/config.d.ts" />
import { existsSync } from "node:fs";
import { relative } from "node:path";

/** Where Lambda unpacks the bundle. */
const IN_LAMBDA = "/var/task/ffmpeg";

/** What ffmpeg-static's install script downloads on a Linux machine with x86_64. */
const INSTALLED = "node_modules/ffmpeg-static/ffmpeg";

interface PackedFfmpeg {
  copyFiles: { from: string; to: string }[];
  environment: Record<string, string>;
}

/**
 * How a function comes to its ffmpeg: the static binary beside the bundle, and `FFMPEG_BIN` naming it. (SST's
 * `nodejs.install` would be shorter, but breaks under npm 12.) Under `sst dev` nothing is copied: the function runs on
 * the developer's machine and takes the developer's FFMPEG_BIN, or the installed package.
 * @throws Error with the remedy when there is no binary to pack.
 */
export function ffmpegOf(environment: Record<string, string | undefined>): PackedFfmpeg {
  if ($dev) return { copyFiles: [], environment: environment.FFMPEG_BIN ? { FFMPEG_BIN: environment.FFMPEG_BIN } : {} };
  const binary = environment.FFMPEG_LAMBDA_BIN || `${$cli.paths.root}/${INSTALLED}`;
  if (!existsSync(binary))
    throw new Error(
      `No ffmpeg to pack at ${binary}. Install ffmpeg-static for Lambda (npm_config_platform=linux npm_config_arch=x64 ` +
        "npm rebuild ffmpeg-static), or name a static Linux x86_64 binary in FFMPEG_LAMBDA_BIN.",
    );
  return {
    copyFiles: [{ from: relative($cli.paths.root, binary), to: "ffmpeg" }],
    environment: { FFMPEG_BIN: IN_LAMBDA },
  };
}
