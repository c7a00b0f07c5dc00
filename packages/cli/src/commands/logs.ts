import { setTimeout } from "node:timers/promises";
import { type Command, Option } from "commander";
import type { Place } from "../desk/place.ts";
import { isThere } from "../desk/state-files.ts";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { parseSince } from "../input/since.ts";
import { stageOption } from "../input/stage-option.ts";
import { localLines } from "../logs/local-log.ts";
import { formatLine, isWanted, LEVELS, type Level, type LogLine, type Wanted } from "../logs/log-line.ts";
import { Subcommand } from "../subcommand.ts";
import { parseId } from "./clip.ts";

interface LogsOptions extends Place {
  since: number;
  level: Level;
  follow?: true;
  json?: true;
}

const HOUR_MS = 3_600_000;
const POLL_MS = 2_000;

/** Lines of this long ago may still come: functions write in batches, and AWS takes a moment. */
const LATE_MS = 30_000;

const help = `
Lines of all functions, the oldest first. --level warn shows warnings and errors. With --json the lines are as they were
written, one JSON object each. In a state folder it is what "camclips invoke" and "camclips clip" wrote.

Examples:
  camclips logs --stage production --level error --since 1h
  camclips logs 507f191e810c19729de860ea --stage production --since 2d
  camclips logs --follow --stage staging
  camclips logs 507f191e810c19729de860ea --json | jq -r 'select(.stage == "render-clip")'
${exitCodesHelp}`;

export function logsCommand(): Command {
  return new Subcommand("logs")
    .description("show what the functions logged, of all clips or of one")
    .argument("[clipId]", "only lines about this clip", parseId)
    .option("--since <time>", "only what is newer: 30m, 1h, 2d or a time (default: an hour ago)", parseSince)
    .addOption(new Option("--level <level>", "only lines as grave as this").choices(LEVELS).default("info"))
    .option("--follow", "go on showing what comes, until Ctrl-C")
    .option("--state <dir>", "state folder of the commands that wrote them", ".camclips")
    .addOption(stageOption().conflicts("state"))
    .option("--json", "print the lines as they were written")
    .addHelpText("after", help)
    .action(logs);
}

async function logs(clipId: string | undefined, options: LogsOptions): Promise<void> {
  const { since = Date.now() - HOUR_MS, level, follow, json } = options;
  const wanted = { clipId, level };
  const read = await sourceOf(options, wanted);
  let lines = await read(since);
  show(
    lines.filter((line) => isWanted(line, wanted)),
    json,
  );
  if (!follow && !lines.some((line) => isWanted(line, wanted))) process.stderr.write("no such lines\n");
  while (follow) {
    const seen = new Set(lines.map(keyOf));
    await setTimeout(POLL_MS);
    lines = await read(Math.max(since, Date.now() - LATE_MS));
    show(
      lines.filter((line) => isWanted(line, wanted) && !seen.has(keyOf(line))),
      json,
    );
  }
}

type Source = (sinceMs: number) => Promise<LogLine[]>;

async function sourceOf({ stage, state }: Place, wanted: Wanted): Promise<Source> {
  if (!stage) {
    if (!isThere(state))
      throw new UsageError(`there is no folder ${state}; --state says where commands kept their state`);
    return (sinceMs) => localLines(state, sinceMs);
  }
  const [{ findDeployment }, { deployedLines }] = await Promise.all([
    import("../deployed/deployment.ts"),
    import("../deployed/logs.ts"),
  ]);
  const deployed = await findDeployment(stage);
  return (sinceMs) => deployedLines(deployed, sinceMs, wanted);
}

function show(lines: readonly LogLine[], json?: true): void {
  for (const line of lines) process.stdout.write(`${json ? line.text : formatLine(line, process.stdout)}\n`);
}

const keyOf = ({ atMs, stage, text }: LogLine): string => `${atMs} ${stage} ${text}`;
