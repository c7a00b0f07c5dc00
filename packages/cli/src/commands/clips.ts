import { type ClipState, clipState, isStuck } from "@camclips/core";
import { Argument, type Command, InvalidArgumentError } from "commander";
import { suggesting } from "../completion/suggestions.ts";
import { addPlaceOptions, openDesk, type Place } from "../desk/place.ts";
import { exitCodesHelp } from "../exit-codes.ts";
import { parseSince } from "../input/since.ts";
import { Subcommand } from "../subcommand.ts";
import { clipLine } from "../view/clip-line.ts";
import { parseId } from "./clip.ts";

interface ClipsOptions extends Place {
  camera?: string;
  since: number;
  stuck?: true;
  json?: true;
}

const DAY_MS = 24 * 3_600_000;

/** No clip's range ends later than this, epoch ms: the year 5138. */
const FURTHEST_MS = 1e14;

const help = `
States: ${clipState.options.join(", ")}. Without any, all of them. With --camera, --since is about the clips' ranges, otherwise about when
they came into their state.

Examples:
  camclips clips                                   # of the last day, in the state folder of this machine
  camclips clips waiting working --stage staging   # what is not decided yet
  camclips clips --server http://127.0.0.1:8420    # of a running service
  camclips clips --stuck --stage production        # past half of their time: look at these first
  camclips clips failed stalled --since 2026-11-23T10:00Z --stage staging
  camclips clips --camera 583499c4e411dc743a5d5296 --json | jq -r '.[].clipId'
${exitCodesHelp}`;

export function clipsCommand(): Command {
  const command = new Subcommand("clips")
    .description("list clips by state and time, or of one camera")
    .addArgument(
      suggesting(new Argument("[state...]", "only clips in these states").argParser(parseStates), clipState.options),
    )
    .option("--camera <id>", "only clips of this camera", parseId)
    .option("--since <time>", "only what is newer: 1h, 2d or a time (default: a day ago)", parseSince)
    .option("--stuck", "only clips that are not decided, and past half of their time");
  return addPlaceOptions(command, "state folder of the commands that made them")
    .option("--json", "print the list as a JSON array")
    .addHelpText("after", help)
    .action(clips);
}

function parseStates(text: string, before: ClipState[] = []): ClipState[] {
  const read = clipState.safeParse(text);
  if (read.success) return [...before, read.data];
  throw new InvalidArgumentError(`There is no state "${text}". States: ${clipState.options.join(", ")}.`);
}

async function clips(
  states: readonly ClipState[],
  { since, camera, stuck, json, ...place }: ClipsOptions,
): Promise<void> {
  const nowMs = Date.now();
  const sinceMs = since ?? nowMs - DAY_MS;
  const newer = camera === undefined ? { sinceMs } : { camera, range: [sinceMs, FURTHEST_MS] as const };
  const all = await Array.fromAsync((await openDesk(place)).clips({ states, ...newer }));
  const shown = all.filter((clip) => !stuck || isStuck(clip, nowMs));
  if (json) {
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    return;
  }
  for (const clip of shown) process.stdout.write(`${clipLine(clip, nowMs)}\n`);
  if (shown.length === 0) process.stderr.write("no such clips\n");
}
