import { setTimeout } from "node:timers/promises";
import { LEVELS, type LogLine, type WantedLines } from "@camclips/functions";
import { type Command, Option } from "commander";
import { addPlaceOptions, openDesk, type Place } from "../desk/place.ts";
import { exitCodesHelp } from "../exit-codes.ts";
import { parseSince } from "../input/since.ts";
import { Subcommand } from "../subcommand.ts";
import { formatLine } from "../view/log-line.ts";
import { parseId } from "./clip.ts";

interface LogsOptions extends Place {
  since: number;
  level: WantedLines["level"];
  follow?: true;
  json?: true;
}

const HOUR_MS = 3_600_000;
const POLL_MS = 2_000;

/** Lines of this long ago may still come: functions write in batches, and AWS takes a moment. */
const LATE_MS = 30_000;

const help = `
Lines of all functions, the oldest first. --level warn shows warnings and errors. With --json the lines are as they were
written, one JSON object each. In a state folder it is what "camclips invoke", "camclips clip" and "camclips serve" wrote; of a
running service (--server) the newest 10000 lines, for those who may administer it.

Examples:
  camclips logs --stage production --level error --since 1h
  camclips logs 507f191e810c19729de860ea --stage production --since 2d
  camclips logs --follow --stage staging
  camclips logs --server http://127.0.0.1:8420 --level warn --since 1d
  camclips logs 507f191e810c19729de860ea --json | jq -r 'select(.stage == "render-clip")'
${exitCodesHelp}`;

export function logsCommand(): Command {
  const command = new Subcommand("logs")
    .description("show what the functions logged, of all clips or of one")
    .argument("[clipId]", "only lines about this clip", parseId)
    .option("--since <time>", "only what is newer: 30m, 1h, 2d or a time (default: an hour ago)", parseSince)
    .addOption(new Option("--level <level>", "only lines as grave as this").choices(LEVELS).default("info"))
    .option("--follow", "go on showing what comes, until Ctrl-C");
  return addPlaceOptions(command, "state folder of the commands that wrote them")
    .option("--json", "print the lines as they were written")
    .addHelpText("after", help)
    .action(logs);
}

async function logs(clipId: string | undefined, options: LogsOptions): Promise<void> {
  const { since = Date.now() - HOUR_MS, level, follow, json, ...place } = options;
  const desk = await openDesk(place);
  let lines = await desk.logs({ sinceMs: since, clipId, level });
  show(lines, json);
  if (!follow && lines.length === 0) process.stderr.write("no such lines\n");
  while (follow) {
    const seen = new Set(lines.map(keyOf));
    await setTimeout(POLL_MS);
    lines = await desk.logs({ sinceMs: Math.max(since, Date.now() - LATE_MS), clipId, level });
    show(
      lines.filter((line) => !seen.has(keyOf(line))),
      json,
    );
  }
}

function show(lines: readonly LogLine[], json?: true): void {
  for (const line of lines) process.stdout.write(`${json ? line.text : formatLine(line, process.stdout)}\n`);
}

const keyOf = ({ atMs, stage, text }: LogLine): string => `${atMs} ${stage} ${text}`;
