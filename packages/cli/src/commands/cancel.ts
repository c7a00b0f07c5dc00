import { type Cancellation, cancelClip } from "@camclips/functions";
import type { Command } from "commander";
import { exitCodes, exitCodesHelp } from "../exit-codes.ts";
import { stageOption } from "../input/stage-option.ts";
import { nameOf, type Place, whereItIs } from "../operator/operator.ts";
import { Subcommand } from "../subcommand.ts";
import { statusAndReason } from "../view/format.ts";
import { parseId } from "./clip.ts";

interface CancelOptions extends Place {
  json?: true;
}

const help = `
The clip's status becomes CLIP_CANCELLED: the camera service and subscribers are told, its next attempt is forgotten, and
every stage drops its work. A render that runs is not stopped; its clip is not told to anybody. It is final: no replay or
redrive takes the clip up again; ask again with a new clipId. A clip that has another terminal status keeps that.

In a state folder where no pipeline runs, whoever waits is told by the next one ("camclips invoke").

Examples:
  camclips cancel 507f191e810c19729de860ea
  camclips cancel 507f191e810c19729de860ea --stage staging
  camclips clips waiting --camera harbour --stage staging --json | jq -r '.[].clipId' | xargs camclips cancel --stage staging
${exitCodesHelp}`;

export function cancelCommand(): Command {
  return new Subcommand("cancel")
    .description("end clips that wait, are queued or are being worked on")
    .argument("<clipId...>", "the clips", (text: string, before: string[] = []) => [...before, parseId(text)])
    .option("--state <dir>", "state folder of the commands that made them", ".camclips")
    .addOption(stageOption().conflicts("state"))
    .option("--json", "print what became of each as a JSON array")
    .addHelpText("after", help)
    .action(cancel);
}

async function cancel(clipIds: readonly string[], { json, ...place }: CancelOptions): Promise<void> {
  const results: ({ clipId: string } & Cancellation)[] = [];
  for (const clipId of clipIds) {
    const found = await whereItIs(place, async (ports) => {
      const result = await cancelClip(clipId, ports);
      return result.kind === "unknown" ? undefined : result;
    });
    const result = { clipId, ...(found ?? { kind: "unknown" as const }) };
    results.push(result);
    const line = `${clipId}  ${told(result, place)}\n`;
    if (result.kind !== "cancelled") process.stderr.write(`camclips: ${line}`);
    else if (!json) process.stdout.write(line);
  }
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  if (results.some(({ kind }) => kind !== "cancelled")) process.exitCode = exitCodes.usage;
}

function told(result: Cancellation, place: Place): string {
  switch (result.kind) {
    case "cancelled":
      return "cancelled";
    case "decided":
      return `not cancelled: it is ${statusAndReason(result.status, result.reason)} already`;
    case "too early":
      return "not cancelled: it was accepted a moment ago; try again";
    case "unknown":
      return `${nameOf(place)} knows no such clip: its request was not taken up yet, or its record has expired`;
  }
}
