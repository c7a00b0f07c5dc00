import { dirname, resolve } from "node:path";
import { clipKey } from "@camclips/core";
import { id } from "@camclips/events";
import { type Command, InvalidArgumentError, Option } from "commander";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { folderSettings } from "../input/environment.ts";
import { usableFfmpeg } from "../input/ffmpeg.ts";
import { INSTANT_FORMS, parseInstant } from "../input/instant.ts";
import { type Chosen, choiceOptions, requestBodyOf } from "../input/request-options.ts";
import { makeWritable } from "../input/writable-folder.ts";
import { coveredTimes } from "../recordings/describe.ts";
import { footageIn } from "../recordings/footage.ts";
import { scanFolder } from "../recordings/scan.ts";
import { clipIdOf } from "../run/clip-id.ts";
import { runClipJob } from "../run/clip-job.ts";
import { Subcommand } from "../subcommand.ts";
import { createView } from "../view/create-view.ts";
import { instant } from "../view/format.ts";
import { finishClip, humanStream } from "../view/report.ts";

interface ClipOptions extends Chosen {
  recordings: string;
  camera: string;
  start: number;
  end: number;
  out: string;
  state: string;
  clipId?: string;
  starts: Map<string, number>;
  json?: true;
}

/** So many recordings are looked into to say what a folder covers; of more, only those near the range. */
const FEW = 200;
const EVER: [number, number] = [0, Number.MAX_SAFE_INTEGER];

const help = `
Times are UTC unless they name a zone: ${INSTANT_FORMS}

Recordings are named as cameras name them, camera.stream.20181031T025200051.mp4 or camera.20180815T140019.mp4. For files
with other names, --starts says when they start; without it, the creation_time in the file counts, and --camera is a word
of their names, where these tell cameras apart.

A folder does not change while you wait, so missing footage is decided at once: the clip is cut around the gap (see
--gap-policy), or there is none (CLIP_NOT_AVAILABLE). Settings such as THUMBNAIL_SIZES, THUMBNAIL_FORMAT or VIDEO_MAX_LEN
are taken from the environment.

Stopped or killed, the same command takes the work up again; once finished, it does it afresh.

Examples:
  camclips clip --recordings ./recordings --camera harbour --start 2018-10-31T02:52:10Z --end 2018-10-31T02:53:10Z
  camclips clip --recordings . --camera harbour --start 1540954330000 --end 1540954390000 --json
  camclips clip --recordings . --camera door --starts door-1.mp4=2024-05-01T10:00:00+02:00 \\
                --start 2024-05-01T08:00:05Z --end 2024-05-01T08:00:35Z --gap-policy FILL_WITH_BLACK
${exitCodesHelp}`;

export function clipCommand(): Command {
  const command = new Subcommand("clip")
    .description("cut a clip out of a folder of recordings")
    .requiredOption("--recordings <dir>", "folder of the recordings")
    .requiredOption("--camera <name>", "camera, as its recordings are named", parseId)
    .requiredOption("--start <time>", "start of the clip", parseInstant)
    .requiredOption("--end <time>", "end of the clip: the first instant that is not in it", parseInstant)
    .option("--out <dir>", "folder of the results", "clips")
    .addOption(
      new Option("--starts <file=time>", "when a recording starts; repeatable")
        .argParser(collectStarts)
        .default(new Map(), "by their names"),
    )
    .option("--clip-id <id>", "name of the results (default: made of camera and times)", parseId)
    .option("--state <dir>", "folder of the unfinished work", ".camclips")
    .option("--json", "print the clip's metadata and nothing else on stdout")
    .addHelpText("after", help)
    .action(clip);
  for (const option of choiceOptions()) command.addOption(option);
  return command;
}

async function clip(options: ClipOptions): Promise<void> {
  const { recordings: folder, camera, start, end, out, state } = options;
  if (end <= start) {
    const hint = end === start ? "a clip needs a length" : "are they swapped?";
    throw new UsageError(`--end ${instant(end)} is not after --start ${instant(start)}: ${hint}`);
  }
  await usableFfmpeg(process.env);
  const settings = folderSettings(process.env, out);
  const { recordings, leftOut } = await scanFolder(folder, camera, options.starts, settings);
  const near = await footageIn(folder, recordings, [start, end], settings);
  await makeWritable(out, "--out", [dirname(clipKey(camera, "clip"))]);
  await makeWritable(state, "--state");
  const stream = humanStream(options);
  if (leftOut.length > 0) {
    process.stderr.write(
      `left out, because their names hold no time (see --starts): ${leftOut.slice(0, 5).join(", ")}${leftOut.length > 5 ? ", ..." : ""}\n`,
    );
  }
  const view = createView(stream);
  const result = await runClipJob({
    body: requestBodyOf(options.clipId ?? clipIdOf(options), options),
    alias: camera,
    footage: near.footage,
    origin: near.origin,
    identity: [resolve(folder), ...options.starts],
    out,
    state,
    settings,
    view,
  }).finally(() => view.close());
  finishClip(result, options);
  if (result.outcome.status !== "CLIP_NOT_AVAILABLE") return;
  const all = recordings.length > FEW ? near : await footageIn(folder, recordings, EVER, settings);
  const covered = coveredTimes(all.footage, settings.JOIN_TOLERANCE_MS);
  process.stderr.write(`  ${folder} covers, for camera ${camera}:${covered}\n`);
  if (all.endless.length > 0)
    process.stderr.write(
      `    (where these end shows only when they are read: ${all.endless.slice(0, 5).join(", ")})\n`,
    );
}

export function parseId(text: string): string {
  const read = id.safeParse(text);
  if (read.success) return read.data;
  throw new InvalidArgumentError(`"${text.slice(0, 60)}" ${read.error.issues[0]?.message ?? "is no id"}.`);
}

function collectStarts(text: string, before: Map<string, number>): Map<string, number> {
  const at = text.lastIndexOf("=");
  if (at <= 0) throw new InvalidArgumentError(`"${text}" is not FILE=TIME, such as door.mp4=2018-10-31T02:52:00Z.`);
  return new Map(before).set(text.slice(0, at), parseInstant(text.slice(at + 1)));
}
