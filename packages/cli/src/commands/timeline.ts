import type { Command } from "commander";
import { addPlaceOptions, openDesk, type Place } from "../desk/place.ts";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { Subcommand } from "../subcommand.ts";
import { entryLine } from "../view/plain-view.ts";
import { timelineOf } from "../view/timeline.ts";
import { parseId } from "./clip.ts";

interface TimelineOptions extends Place {
  json?: true;
}

const help = `
Offsets count from the clip's first event; the time in brackets is what the stage took, its queue included.

Examples:
  camclips timeline
  camclips timeline 507f191e810c19729de860ea
  camclips timeline 507f191e810c19729de860ea --stage staging
  camclips timeline --server http://127.0.0.1:8420         # of a running service
  camclips timeline 507f191e810c19729de860ea --json | jq '.[] | select(.reason)'
${exitCodesHelp}`;

export function timelineCommand(): Command {
  const command = new Subcommand("timeline")
    .description("show a clip's history: every event, in order")
    .argument("[clipId]", "the clip (default: the one that was worked on last)", parseId);
  return addPlaceOptions(command, "state folder of the commands that made it")
    .option("--json", "print the history as a JSON array")
    .addHelpText("after", help)
    .action(timeline);
}

async function timeline(named: string | undefined, { json, ...place }: TimelineOptions): Promise<void> {
  const desk = await openDesk(place);
  const clipId = named ?? (await desk.latest());
  const events = clipId === undefined ? [] : await desk.history(clipId);
  if (events.length === 0)
    throw new UsageError(`${desk.name} knows no clip ${named ? `${named}, or its history has expired` : "yet"}`);
  const entries = timelineOf(events);
  if (json) {
    process.stdout.write(`${JSON.stringify(entries, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${clipId}  ${entries[0]?.at}\n`);
  for (const entry of entries) process.stdout.write(`${entryLine(entry, process.stdout)}\n`);
}
