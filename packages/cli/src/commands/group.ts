import { setTimeout } from "node:timers/promises";
import type { GroupView } from "@camclips/functions";
import type { Command } from "commander";
import { addPlaceOptions, openDesk, type Place } from "../desk/place.ts";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { parseGroupId } from "../input/group-id.ts";
import { Subcommand } from "../subcommand.ts";
import { exitCodeOfGroup, groupLines } from "../view/group-lines.ts";

interface GroupOptions extends Place {
  wait?: true;
  json?: true;
}

const POLL_MS = 1_000;

const help = `
A group is clips that were asked for in one message: {"groupId": "incident-7", "items": [{"cameraId": ..., "startTimestampInMs": ...,
"endTimestampInMs": ...}, ...]}, or POST /groups at a service. Each item has its own status; the exit code is 0 when all of its clips
are available, 3 when some are not, 4 while some are not decided.

Examples:
  camclips group incident-7
  camclips group incident-7 --stage staging --wait
  camclips group incident-7 --server http://127.0.0.1:8420
  camclips group incident-7 --json | jq -r '.items[] | select(.status != "CLIP_AVAILABLE") | .clipId'
${exitCodesHelp}`;

export function groupCommand(): Command {
  const command = new Subcommand("group")
    .description("show what became of a group of clips, item by item")
    .argument("<groupId>", "the group", parseGroupId);
  return addPlaceOptions(command, "state folder of the command that made it")
    .option("--wait", "until every item has its terminal status")
    .option("--json", "print the group as JSON and nothing else on stdout")
    .addHelpText("after", help)
    .action(group);
}

async function group(groupId: string, { wait, json, ...place }: GroupOptions): Promise<void> {
  const desk = await openDesk(place);
  const look = async (): Promise<GroupView> => {
    const found = await desk.group(groupId);
    if (found) return found;
    throw new UsageError(`${desk.name} knows no group ${groupId}: it was not taken up yet, or its record has expired`);
  };
  let view = await look();
  while (wait && view.status === "GROUP_PENDING") {
    await setTimeout(POLL_MS);
    view = await look();
  }
  process.stdout.write(json ? `${JSON.stringify(view, null, 2)}\n` : groupLines(view));
  process.exitCode = exitCodeOfGroup(view);
}
