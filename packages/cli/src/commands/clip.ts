import { dirname, resolve } from "node:path";
import { clipKey } from "@camclips/core";
import { id } from "@camclips/events";
import { type Command, InvalidArgumentError, Option } from "commander";
import { exitCodesHelp } from "../exit-codes.ts";
import { folderSettings } from "../input/environment.ts";
import { usableFfmpeg } from "../input/ffmpeg.ts";
import { INSTANT_FORMS, parseInstant } from "../input/instant.ts";
import { durationOption, endOption, type RangeOptions, rangeOf, startOption, zoneOption } from "../input/range.ts";
import { type Chosen, choiceOptions, requestBodyOf } from "../input/request-options.ts";
import { makeWritable } from "../input/writable-folder.ts";
import { coveredTimes } from "../recordings/describe.ts";
import {
  addRecordingsOptions,
  findRecordings,
  placeOf,
  type RecordingsOptions,
} from "../recordings/find-recordings.ts";
import { footageIn } from "../recordings/footage.ts";
import { clipIdOf } from "../run/clip-id.ts";
import { runClipJob } from "../run/clip-job.ts";
import { Subcommand } from "../subcommand.ts";
import { createView } from "../view/create-view.ts";
import { finishClip, humanStream } from "../view/report.ts";

interface ClipOptions extends Chosen, RecordingsOptions, RangeOptions {
  camera: string;
  out: string;
  state: string;
  clipId?: string;
  starts: Map<string, number>;
  zone: string;
  json?: true;
}

/** So many recordings are looked into to say what a folder covers; of more, only those near the range. */
const FEW = 200;
const EVER: [number, number] = [0, Number.MAX_SAFE_INTEGER];

const help = `
Times are UTC unless they name a zone, or --zone does: ${INSTANT_FORMS}

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
  camclips clip --recordings . --camera harbour --start "10 minutes ago" --duration 90s
  camclips clip --recordings . --camera harbour --zone Europe/Paris --start "2018-10-31 03:52:10" --duration 1m
  camclips clip --recordings /media/frigate/recordings --layout frigate --camera porch --start 2026-01-01T13:05Z --end 2026-01-01T13:06Z
  camclips clip --recordings . --camera door --starts door-1.mp4=2024-05-01T10:00:00+02:00 \\
                --start 2024-05-01T08:00:05Z --end 2024-05-01T08:00:35Z --gap-policy FILL_WITH_BLACK
${exitCodesHelp}`;

export function clipCommand(): Command {
  const command = addRecordingsOptions(new Subcommand("clip"))
    .description("cut a clip out of a folder of recordings")
    .requiredOption("--camera <name>", "camera, as its recordings are named", parseId)
    .addOption(startOption().makeOptionMandatory())
    .addOption(endOption())
    .addOption(durationOption())
    .addOption(zoneOption())
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
  const { camera, out, state } = options;
  const { start, end } = await rangeOf(options);
  await usableFfmpeg(process.env);
  const settings = folderSettings(process.env, out);
  const { recordings, leftOut } = await findRecordings(camera, options, settings);
  const near = await footageIn(recordings, [start, end], settings);
  await makeWritable(out, "--out", [dirname(clipKey(camera, "clip"))]);
  await makeWritable(state, "--state");
  const stream = humanStream(options);
  if (leftOut.length > 0) {
    process.stderr.write(
      `left out, because their names hold no time (see --starts): ${leftOut.slice(0, 5).join(", ")}${leftOut.length > 5 ? ", ..." : ""}\n`,
    );
  }
  const asked = { ...options, start, end };
  const view = createView(stream);
  const result = await runClipJob({
    body: requestBodyOf(options.clipId ?? clipIdOf(asked), asked),
    alias: camera,
    footage: near.footage,
    origin: near.origin,
    identity: [resolve(placeOf(options)), ...options.starts],
    out,
    state,
    settings,
    view,
  }).finally(() => view.close());
  finishClip(result, options);
  if (result.outcome.status !== "CLIP_NOT_AVAILABLE") return;
  const all = recordings.length > FEW ? near : await footageIn(recordings, EVER, settings);
  const covered = coveredTimes(all.footage, settings.JOIN_TOLERANCE_MS);
  process.stderr.write(`  ${placeOf(options)} covers, for camera ${camera}:${covered}\n`);
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
