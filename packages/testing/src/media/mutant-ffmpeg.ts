import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFfmpeg } from "../ffmpeg.ts";

/** Mistakes in the pictures that are encoded, each of 25 frames a second. */
export const PICTURE_MISTAKES = {
  "every frame early": { trimBy: 0.04, after: "setpts=PTS-3600" },
  "every frame late": { trimBy: -0.04, after: "setpts=PTS+3600" },
  "a frame twice": { before: "split[m1][m2];[m2]setpts=PTS+3600[m3];[m1][m3]overlay=eof_action=pass:enable='eq(n,5)'" },
  "a frame in grey": { before: "drawbox=color=gray:t=fill:enable='eq(n,5)'" },
  "half a frame in green": { before: "drawbox=y=ih/2:color=green:t=fill:enable='eq(n,5)'" },
  "a frame lost": { before: "select='not(eq(n,5))'" },
} as const;

export type PictureMistake = keyof typeof PICTURE_MISTAKES;

/** Mistakes in the clock that is drawn into them. */
export const CLOCK_MISTAKES = {
  "the clock a frame late": { before: "setpts=PTS+3600" },
  "the clock a frame early": { before: "setpts=PTS-3600" },
  "a clock that stands": { before: "select='eq(n,0)'" },
  "a clock half hidden": { before: "drawbox=w=iw/2:color=black:t=fill" },
} as const;
export type ClockMistake = keyof typeof CLOCK_MISTAKES;

interface Mistake {
  trimBy?: number;
  after?: string;
  before?: string;
}
const MISTAKES: Record<PictureMistake | ClockMistake, Mistake> = { ...PICTURE_MISTAKES, ...CLOCK_MISTAKES };

/**
 * Writes a program that runs ffmpeg, but with a mistake in the filters that lead to an output.
 * @param label of the output: `video` of a clip that is encoded as a whole, `part0` of the first part of one that is not, `clock`
 */
export async function mutantFfmpeg(
  folder: string,
  mistake: PictureMistake | ClockMistake,
  label: "video" | "part0" | "clock",
): Promise<string> {
  const path = join(folder, `ffmpeg-${label}-${mistake.replaceAll(" ", "-")}.mjs`);
  await writeFile(path, programOf(mistake, label));
  await chmod(path, 0o755);
  return path;
}

function programOf(mistake: PictureMistake | ClockMistake, label: string): string {
  const { trimBy = 0, after = "", before = "" } = MISTAKES[mistake];
  return `#!/usr/bin/env node
import { spawnSync } from "node:child_process";
const args = process.argv.slice(2);
const at = args.indexOf("-filter_complex") + 1;
if (at > 0 && args[at].includes("[${label}]")) {
  const moved = (_, all, start, end) =>
    all + "trim=start=" + (Number(start) + ${trimBy}) + ":end=" + (Number(end) + ${trimBy}) + ${JSON.stringify(after && `,${after}`)};
  args[at] = args[at]
    .replace(/(\\[all0\\])trim=start=([-\\d.]+):end=([\\d.]+)/, moved)
    .replace(/\\[${label}\\](?=;|$)/, ${JSON.stringify(before && `,${before}`)} + "[${label}]");
}
const { status } = spawnSync(${JSON.stringify(testFfmpeg)}, args, { stdio: [0, 1, 2, 3] });
process.exit(status ?? 1);
`;
}
