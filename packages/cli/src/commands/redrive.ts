import type { Command } from "commander";
import { exitCodesHelp } from "../exit-codes.ts";
import { stageOption } from "../input/stage-option.ts";
import { Subcommand } from "../subcommand.ts";

const help = `
Do it after the cause is gone. Clips that were told FATAL_ERROR because of these messages are told their new status; a
message in the dead letters of accept-request is the caller's own request, and is sent unchanged.

Examples:
  camclips redrive render-clip --stage staging
  camclips redrive accept-request --stage production
${exitCodesHelp}`;

export function redriveCommand(): Command {
  return new Subcommand("redrive")
    .description("send a stage's dead letters back to its queue (AWS)")
    .argument("<pipeline-stage>", "such as render-clip: whose dead letters")
    .addOption(stageOption().makeOptionMandatory())
    .addHelpText("after", help)
    .action(redrive);
}

async function redrive(name: string, { stage }: { stage: string }): Promise<void> {
  const { runRedrive } = await import("../deployed/run-redrive.ts");
  await runRedrive(name, stage);
}
