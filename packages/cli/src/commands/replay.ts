import type { Command } from "commander";
import type { ReplayOptions } from "../deployed/run-replay.ts";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { parseInstant } from "../input/instant.ts";
import { checkPipelineStage } from "../input/pipeline-stage.ts";
import { stageOption } from "../input/stage-option.ts";
import { replayInState } from "../operator/replay.ts";
import { Subcommand } from "../subcommand.ts";
import { instant } from "../view/format.ts";
import { parseId } from "./clip.ts";

/** From the first stage that reads events on, a clip is made once; into every rule at once, each of its events would make it again. */
const FIRST_STAGE = "locate-sources";

const help = `
Renders clips again from the events of the archive. Nobody is told, unless --notify is given: no PUT, no notification.
Each clip is taken up at the beginning (${FIRST_STAGE}), or at the stage that --only names, and goes on from there.
Events of the last ten minutes or so may not be in the archive yet.

Examples:
  camclips replay --from 2026-11-23T10:00:00Z --to 2026-11-23T11:00:00Z --stage staging
  camclips replay --from 2026-11-23T10:00Z --to 2026-11-23T11:00Z --only render-clip --wait --stage staging
  camclips replay --clip 507f191e810c19729de860ea --notify --stage production
  camclips replay --clip 507f191e810c19729de860ea        # of this machine; "camclips invoke" works it off
${exitCodesHelp}`;

export function replayCommand(): Command {
  return new Subcommand("replay")
    .description("render clips again from archived events, or one clip from its own")
    .option("--from <time>", "first instant whose events are replayed", parseInstant)
    .option("--to <time>", "first instant whose events are not (default with --from: now)", parseInstant)
    .option("--clip <id>", "one clip only", parseId)
    .option("--only <stage>", "take clips up at this stage of the pipeline", FIRST_STAGE)
    .option("--notify", "tell the camera service and the topic again", false)
    .option("--wait", "until AWS has replayed everything", false)
    .option("--state <dir>", "state folder of the command that made the clip", ".camclips")
    .addOption(stageOption().conflicts("state"))
    .addHelpText("after", help)
    .action(replay);
}

interface Options extends Omit<ReplayOptions, "fromMs" | "toMs" | "stage"> {
  stage?: string;
  state: string;
  from?: number;
  to?: number;
}

async function replay(options: Options): Promise<void> {
  const { from, to = Date.now(), clip, stage, state, ...others } = options;
  if (from === undefined && clip === undefined)
    throw new UsageError("which events? give --from, or --clip for one clip's");
  const fromMs = from ?? 0;
  if (to <= fromMs) throw new UsageError(`--to ${instant(to)} is not after --from ${instant(fromMs)}`);
  checkPipelineStage(others.only);
  if (stage) {
    const { runReplay } = await import("../deployed/run-replay.ts");
    return runReplay({ ...others, stage, fromMs, toMs: to, clip });
  }
  if (!clip)
    throw new UsageError("this machine keeps no archive: name a clip with --clip, or a deployed stage with --stage");
  await replayInState(state, clip, { from: others.only, fromMs, toMs: to, notify: others.notify });
  process.stdout.write(`${clip} is taken up again from ${others.only} on by the pipeline of ${state}\n`);
}
