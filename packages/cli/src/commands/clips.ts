import { type ClipRecords, type ClipState, type ClipStatus, clipState, isStuck } from "@camclips/core";
import { createSqliteRecords } from "@camclips/local";
import { type Command, InvalidArgumentError } from "commander";
import { exitCodesHelp } from "../exit-codes.ts";
import { parseSince } from "../input/since.ts";
import { stageOption } from "../input/stage-option.ts";
import { findInState } from "../records/local-records.ts";
import { Subcommand } from "../subcommand.ts";
import { clipLine } from "../view/clip-line.ts";
import { parseId } from "./clip.ts";

interface ClipsOptions {
  stage?: string;
  state: string;
  camera?: string;
  since: number;
  stuck?: true;
  json?: true;
}

const DAY_MS = 24 * 3_600_000;

const help = `
States: ${clipState.options.join(", ")}. Without any, all of them. With --camera, --since is about the clips' ranges, otherwise about when
they came into their state.

Examples:
  camclips clips                                   # of the last day, in the state folder of this machine
  camclips clips waiting working --stage staging   # what is not decided yet
  camclips clips --stuck --stage production        # past half of their time: look at these first
  camclips clips failed stalled --since 2026-11-23T10:00Z --stage staging
  camclips clips --camera 583499c4e411dc743a5d5296 --json | jq -r '.[].clipId'
${exitCodesHelp}`;

export function clipsCommand(): Command {
  return new Subcommand("clips")
    .description("list clips by state and time, or of one camera")
    .argument("[state...]", "only clips in these states", parseStates)
    .option("--camera <id>", "only clips of this camera", parseId)
    .option("--since <time>", "only what is newer: 1h, 2d or a time (default: a day ago)", parseSince)
    .option("--stuck", "only clips that are not decided, and past half of their time")
    .option("--state <dir>", "state folder of the commands that made them", ".camclips")
    .addOption(stageOption().conflicts("state"))
    .option("--json", "print the list as a JSON array")
    .addHelpText("after", help)
    .action(clips);
}

function parseStates(text: string, before: ClipState[] = []): ClipState[] {
  const read = clipState.safeParse(text);
  if (read.success) return [...before, read.data];
  throw new InvalidArgumentError(`There is no state "${text}". States: ${clipState.options.join(", ")}.`);
}

async function clips(states: readonly ClipState[], { stage, state, ...options }: ClipsOptions): Promise<void> {
  const nowMs = Date.now();
  const wanted = { states, sinceMs: options.since ?? nowMs - DAY_MS, camera: options.camera };
  const all = stage ? await deployedClips(stage, wanted) : await localClips(state, wanted);
  const shown = all.filter((clip) => !options.stuck || isStuck(clip, nowMs)).sort((a, b) => b.sinceMs - a.sinceMs);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    return;
  }
  for (const clip of shown) process.stdout.write(`${clipLine(clip, nowMs)}\n`);
  if (shown.length === 0) process.stderr.write("no such clips\n");
}

interface Wanted {
  states: readonly ClipState[];
  sinceMs: number;
  camera: string | undefined;
}

async function deployedClips(stage: string, wanted: Wanted): Promise<ClipStatus[]> {
  const [{ findDeployment }, { recordsOf }] = await Promise.all([
    import("../deployed/deployment.ts"),
    import("../deployed/history.ts"),
  ]);
  return clipsIn(recordsOf(await findDeployment(stage)), wanted);
}

/** Several runs may have worked on one clip: the latest one counts. */
async function localClips(state: string, wanted: Wanted): Promise<ClipStatus[]> {
  const known = new Map<string, ClipStatus>();
  await findInState(state, async (file) => {
    for (const clip of await clipsIn(createSqliteRecords(file, { now: Date.now }), wanted))
      if (!known.has(clip.clipId)) known.set(clip.clipId, clip);
    return undefined;
  });
  return [...known.values()];
}

/** No clip's range ends later than this, epoch ms: the year 5138. */
const FURTHEST_MS = 1e14;

async function clipsIn(records: ClipRecords, { states, sinceMs, camera }: Wanted): Promise<ClipStatus[]> {
  const asked = states.length > 0 ? states : clipState.options;
  if (camera === undefined) {
    const lists = asked.map((each) => Array.fromAsync(records.inState(each, { fromMs: sinceMs })));
    return (await Promise.all(lists)).flat();
  }
  const own = await Array.fromAsync(records.ofCamera(camera, { startMs: sinceMs, endMs: FURTHEST_MS }));
  return own.filter(({ state }) => asked.includes(state));
}
