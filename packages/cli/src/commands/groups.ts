import type { KnownGroup } from "@camclips/functions";
import type { Command } from "commander";
import { addPlaceOptions, openDesk, type Place } from "../desk/place.ts";
import { exitCodesHelp } from "../exit-codes.ts";
import { parseSince } from "../input/since.ts";
import { Subcommand } from "../subcommand.ts";
import { plural, roughly } from "../view/format.ts";

interface GroupsOptions extends Place {
  since?: number;
  json?: true;
}

const DAY_MS = 24 * 3_600_000;

const help = `
Of each group: how it stands (GROUP_PENDING until all of its clips are decided), when it was taken up, its id, how many clips it has.
"camclips group ID" shows what became of each of them.

Examples:
  camclips groups                                  # of the last day, in the state folder of this machine
  camclips groups --server http://127.0.0.1:8420   # of a running service
  camclips groups --since 7d --stage staging
  camclips groups --json | jq -r '.[] | select(.status == "GROUP_PARTLY_AVAILABLE") | .groupId'
${exitCodesHelp}`;

export function groupsCommand(): Command {
  const command = new Subcommand("groups")
    .description("list groups of clips, the latest first")
    .option("--since <time>", "only what was taken up since: 1h, 2d or a time (default: a day ago)", parseSince);
  return addPlaceOptions(command, "state folder of the commands that made them")
    .option("--json", "print the list as a JSON array")
    .addHelpText("after", help)
    .action(groups);
}

async function groups({ since, json, ...place }: GroupsOptions): Promise<void> {
  const nowMs = Date.now();
  const desk = await openDesk(place);
  const shown = await Array.fromAsync(desk.groups({ sinceMs: since ?? nowMs - DAY_MS }));
  if (json) {
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    return;
  }
  for (const group of shown) process.stdout.write(`${groupLine(group, nowMs)}\n`);
  if (shown.length === 0) process.stderr.write("no such groups\n");
}

function groupLine({ groupId, status, sinceMs, items }: KnownGroup, nowMs: number): string {
  const age = roughly(Math.max(0, nowMs - sinceMs));
  return [status.padEnd(22), age.padStart(9), groupId, plural(items, "clip")].join("  ");
}
