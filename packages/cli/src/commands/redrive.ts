import type { Command } from "commander";
import type { RedriveOptions } from "../deployed/run-redrive.ts";
import { exitCodesHelp } from "../exit-codes.ts";
import { parseCount } from "../input/count.ts";
import { stageOption } from "../input/stage-option.ts";
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
${exitCodesHelp}`;

export function redriveCommand(): Command {
  return new Subcommand("redrive")
    .description("send a stage's dead letters back to its queue (AWS)")
    .argument("<pipeline-stage>", "such as render-clip: whose dead letters")
    .addOption(stageOption().makeOptionMandatory())
    .option("--limit <count>", "send at most so many", parseCount)
    .option("--dry-run", "send nothing, list the clips")
    .addHelpText("after", help)
    .action(redrive);
}

async function redrive(name: string, options: RedriveOptions): Promise<void> {
  const { runRedrive } = await import("../deployed/run-redrive.ts");
  await runRedrive(name, options);
}
