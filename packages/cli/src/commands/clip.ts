import { dirname, resolve } from "node:path";
import { clipKey } from "@camclips/core";
import { id, type Settings } from "@camclips/events";
import { type Command, InvalidArgumentError, Option } from "commander";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { folderSettings } from "../input/environment.ts";
import { usableFfmpeg } from "../input/ffmpeg.ts";
import { INSTANT_FORMS, parseInstant } from "../input/instant.ts";
import { type Chosen, choiceOptions, requestBodyOf } from "../input/request-options.ts";
import { makeWritable } from "../input/writable-folder.ts";
import { coveredTimes } from "../recordings/describe.ts";
import { footageIn } from "../recordings/footage.ts";
import type { LayoutOptions } from "../recordings/layout-scan.ts";
import { type Scan, scanFolder } from "../recordings/scan.ts";
import { clipIdOf } from "../run/clip-id.ts";
import { runClipJob } from "../run/clip-job.ts";
import { Subcommand } from "../subcommand.ts";
import { createView } from "../view/create-view.ts";
import { instant } from "../view/format.ts";
import { finishClip, humanStream } from "../view/report.ts";

interface ClipOptions extends Chosen, LayoutOptions {
  recordings?: string;
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

Recorders that use other names, and folders in folders, are read with --layout (mediamtx, frigate, ...; "camclips help init"
lists them) or with the configuration that "camclips init" writes.

A folder does not change while you wait, so missing footage is decided at once: the clip is cut around the gap (see
--gap-policy), or there is none (CLIP_NOT_AVAILABLE). Settings such as THUMBNAIL_SIZES, THUMBNAIL_FORMAT or VIDEO_MAX_LEN
are taken from the environment.

Stopped or killed, the same command takes the work up again; once finished, it does it afresh.

Examples:
  camclips clip --recordings ./recordings --camera harbour --start 2018-10-31T02:52:10Z --end 2018-10-31T02:53:10Z
  camclips clip --recordings . --camera harbour --start 1540954330000 --end 1540954390000 --json
  camclips clip --recordings /media/frigate/recordings --layout frigate --camera porch --start 2026-01-01T13:05Z --end 2026-01-01T13:06Z
  camclips clip --recordings . --camera door --starts door-1.mp4=2024-05-01T10:00:00+02:00 \\
                --start 2024-05-01T08:00:05Z --end 2024-05-01T08:00:35Z --gap-policy FILL_WITH_BLACK
${exitCodesHelp}`;

export function clipCommand(): Command {
  const command = new Subcommand("clip")
    .description("cut a clip out of a folder of recordings")
    .option("--recordings <dir>", "folder of the recordings")
    .requiredOption("--camera <name>", "camera, as its recordings are named", parseId)
    .requiredOption("--start <time>", "start of the clip", parseInstant)
    .requiredOption("--end <time>", "end of the clip: the first instant that is not in it", parseInstant)
    .option("--out <dir>", "folder of the results", "clips")
    .addOption(
      new Option("--starts <file=time>", "when a recording starts; repeatable")
        .argParser(collectStarts)
        .default(new Map(), "by their names"),
    )
    .option(
      "--layout <name>",
      "how they are named: a recorder's layout, or a pattern such as {camera}/%Y-%m-%d/%H.%M.%S",
    )
    .addOption(new Option("--zone <name>", "time zone of the times in their names, with --layout").default("UTC"))
    .addOption(
      new Option("--config <file>", "take folders and layouts from the configuration of camclips serve").conflicts([
        "recordings",
        "layout",
      ]),
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
  const { camera, start, end, out, state } = options;
  if (end <= start) {
    const hint = end === start ? "a clip needs a length" : "are they swapped?";
    throw new UsageError(`--end ${instant(end)} is not after --start ${instant(start)}: ${hint}`);
  }
  await usableFfmpeg(process.env);
  const settings = folderSettings(process.env, out);
  const { recordings, leftOut } = await scan(options, settings);
  const near = await footageIn(recordings, [start, end], settings);
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
    identity: [resolve(options.config ?? options.recordings ?? "."), ...options.starts],
    out,
    state,
    settings,
    view,
  }).finally(() => view.close());
  finishClip(result, options);
  if (result.outcome.status !== "CLIP_NOT_AVAILABLE") return;
  const all = recordings.length > FEW ? near : await footageIn(recordings, EVER, settings);
  const covered = coveredTimes(all.footage, settings.JOIN_TOLERANCE_MS);
  process.stderr.write(`  ${options.config ?? options.recordings} covers, for camera ${camera}:${covered}\n`);
  if (all.endless.length > 0)
    process.stderr.write(
      `    (where these end shows only when they are read: ${all.endless.slice(0, 5).join(", ")})\n`,
    );
}

async function scan(options: ClipOptions, settings: Settings): Promise<Scan> {
  const { recordings: folder, camera, starts } = options;
  if (options.config !== undefined || options.layout !== undefined) {
    const { rootsFor, scanRoots } = await import("../recordings/layout-scan.ts");
    return scanRoots(rootsFor(folder, camera, options), camera);
  }
  if (folder === undefined) throw new UsageError("say where the recordings are: --recordings FOLDER, or --config FILE");
  return scanFolder(folder, camera, starts, settings);
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
