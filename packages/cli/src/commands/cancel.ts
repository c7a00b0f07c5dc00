import type { Cancellation } from "@camclips/functions";
import type { Command } from "commander";
import { addPlaceOptions, openDesk, type Place } from "../desk/place.ts";
import { exitCodes, exitCodesHelp } from "../exit-codes.ts";
import { Subcommand } from "../subcommand.ts";
import { statusAndReason } from "../view/format.ts";
import { parseId } from "./clip.ts";

interface CancelOptions extends Place {
  json?: true;
}

const help = `
The clip's status becomes CLIP_CANCELLED: the camera service and subscribers are told, its next attempt is forgotten, and
every stage drops its work; a render that runs stops within a second or two. It is final: no replay or redrive takes the
clip up again; ask again with a new clipId. A clip that has another terminal status keeps that.

In a state folder where no pipeline runs, whoever waits is told by the next one ("camclips invoke").

Examples:
  camclips cancel 507f191e810c19729de860ea
  camclips cancel 507f191e810c19729de860ea --stage staging
  camclips cancel 507f191e810c19729de860ea --server http://127.0.0.1:8420
  camclips clips waiting --camera harbour --stage staging --json | jq -r '.[].clipId' | xargs camclips cancel --stage staging
${exitCodesHelp}`;

export function cancelCommand(): Command {
  const command = new Subcommand("cancel")
    .description("end clips that wait, are queued or are being worked on")
    .argument("<clipId...>", "the clips", (text: string, before: string[] = []) => [...before, parseId(text)]);
  return addPlaceOptions(command, "state folder of the commands that made them")
    .option("--json", "print what became of each as a JSON array")
    .addHelpText("after", help)
    .action(cancel);
}

async function cancel(clipIds: readonly string[], { json, ...place }: CancelOptions): Promise<void> {
  const results: ({ clipId: string } & Cancellation)[] = [];
  const desk = await openDesk(place);
  for (const clipId of clipIds) {
    const result = { clipId, ...(await desk.cancel(clipId)) };
    results.push(result);
    const line = `${clipId}  ${told(result, desk.name)}\n`;
    if (result.kind !== "cancelled") process.stderr.write(`camclips: ${line}`);
    else if (!json) process.stdout.write(line);
  }
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  if (results.some(({ kind }) => kind !== "cancelled")) process.exitCode = exitCodes.usage;
}

function told(result: Cancellation, place: string): string {
  switch (result.kind) {
    case "cancelled":
      return "cancelled";
    case "decided":
      return `not cancelled: it is ${statusAndReason(result.status, result.reason)} already`;
    case "too early":
      return "not cancelled: it was accepted a moment ago; try again";
    case "unknown":
      return `${place} knows no such clip: its request was not taken up yet, or its record has expired`;
  }
}
