import { NOT_REDRIVEN } from "@camclips/functions";
import { Argument, type Command } from "commander";
import { suggesting } from "../completion/suggestions.ts";
import { addPlaceOptions, openDesk, type Place, placeArguments } from "../desk/place.ts";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { parseCount } from "../input/count.ts";
import { checkPipelineStage, pipelineStages } from "../input/pipeline-stage.ts";
import { Subcommand } from "../subcommand.ts";

const help = `
Do it after the cause is gone. Clips that were told FATAL_ERROR because of these messages are told their new status; a
message in the dead letters of accept-request is the caller's own request, and is sent unchanged.

Only messages that were there when it began are sent: those that fail again wait for the next redrive.

Examples:
  camclips redrive render-clip --stage staging --dry-run     # whose clips would be sent, and how many
  camclips redrive render-clip --stage staging --limit 10    # try a few first
  camclips redrive render-clip --stage staging
  camclips redrive accept-request --stage production
  camclips redrive render-clip --server http://127.0.0.1:8420
  camclips redrive render-clip                               # of this machine; "camclips invoke" works it off
${exitCodesHelp}`;

export function redriveCommand(): Command {
  const command = new Subcommand("redrive")
    .description("send a stage's dead letters back to its queue")
    .addArgument(
      suggesting(new Argument("<pipeline-stage>", "such as render-clip: whose dead letters"), pipelineStages),
    );
  return addPlaceOptions(command, "state folder of the commands that left them")
    .option("--limit <count>", "send at most so many", parseCount)
    .option("--dry-run", "send nothing, list the clips")
    .addHelpText("after", help)
    .action(redrive);
}

interface RedriveOptions extends Place {
  limit?: number;
  dryRun?: boolean;
}

async function redrive(
  name: string,
  { limit = Number.POSITIVE_INFINITY, dryRun = false, ...place }: RedriveOptions,
): Promise<void> {
  if (name === NOT_REDRIVEN) {
    const instead = `camclips replay --clip CLIP_ID --notify${placeArguments(place)}`;
    throw new UsageError(
      `clips with dead letters of ${name} were told FATAL_ERROR: take each up again with ${instead}`,
    );
  }
  checkPipelineStage(name);
  const desk = await openDesk(place);
  const depth = (await desk.queues()).find(({ stage }) => stage === name);
  if (depth) process.stderr.write(`about ${depth.deadLetters} dead letters of ${name}\n`);
  const { sent, left } = await desk.redrive(name, { limit, dryRun });
  if (dryRun) for (const clipId of sent) process.stdout.write(`${clipId}\n`);
  process.stdout.write(`${sent.length} ${dryRun ? "would be sent" : "sent"} back to ${name}\n`);
  if (left.length === 0) return;
  throw new UsageError(`${left.length} left where they are, because they are no events: ${left.join(", ")}`);
}
