import type { ClipReplay } from "@camclips/functions";
import { type Command, Option } from "commander";
import { suggesting } from "../completion/suggestions.ts";
import type { ReplayOptions } from "../deployed/run-replay.ts";
import { addPlaceOptions, openDesk, type Place, placeArguments } from "../desk/place.ts";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { parseInstant } from "../input/instant.ts";
import { checkPipelineStage, pipelineStages } from "../input/pipeline-stage.ts";
import { ownCommand, shellWord } from "../own-command.ts";
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
  camclips replay --clip 507f191e810c19729de860ea --server http://127.0.0.1:8420
  camclips replay --clip 507f191e810c19729de860ea        # of this machine; "camclips invoke" works it off
${exitCodesHelp}`;

export function replayCommand(): Command {
  const command = new Subcommand("replay")
    .description("render clips again from archived events, or one clip from its own")
    .option("--from <time>", "first instant whose events are replayed", parseInstant)
    .option("--to <time>", "first instant whose events are not (default with --from: now)", parseInstant)
    .option("--clip <id>", "one clip only", parseId)
    .addOption(
      suggesting(
        new Option("--only <stage>", "take clips up at this stage of the pipeline").default(FIRST_STAGE),
        pipelineStages,
      ),
    )
    .option("--notify", "tell the camera service and the topic again", false)
    .option("--wait", "until AWS has replayed everything", false);
  return addPlaceOptions(command, "state folder of the command that made the clip")
    .addHelpText("after", help)
    .action(replay);
}

interface Options extends Place, Pick<ReplayOptions, "only" | "notify" | "wait"> {
  clip?: string;
  from?: number;
  to?: number;
}

async function replay({ from, to = Date.now(), clip, only, notify, wait, ...place }: Options): Promise<void> {
  if (from === undefined && clip === undefined)
    throw new UsageError("which events? give --from, or --clip for one clip's");
  const fromMs = from ?? 0;
  if (to <= fromMs) throw new UsageError(`--to ${instant(to)} is not after --from ${instant(fromMs)}`);
  checkPipelineStage(only);
  if (clip !== undefined && wait)
    throw new UsageError('--wait is for a replay of the archive; "camclips timeline" shows what becomes of one clip');
  if (clip !== undefined) return replayClip(clip, { from: only, fromMs, toMs: to, notify }, place);
  if (place.stage) {
    const { runReplay } = await import("../deployed/run-replay.ts");
    return runReplay({ stage: place.stage, fromMs, toMs: to, only, notify, wait });
  }
  const where = place.server ?? "this machine";
  throw new UsageError(`${where} keeps no archive: name a clip with --clip, or a deployed stage with --stage`);
}

async function replayClip(clipId: string, replay: ClipReplay, place: Place): Promise<void> {
  const desk = await openDesk(place);
  const result = await desk.replay(clipId, replay);
  if (result.kind === "sent") {
    const follow = `${ownCommand()} timeline${placeArguments(place)} ${shellWord(clipId)}`;
    process.stdout.write(`${clipId} is taken up again from ${replay.from} on by ${desk.name}: ${follow}\n`);
    return;
  }
  if (result.kind === "unknown")
    throw new UsageError(`${desk.name} knows no clip ${clipId}, or its history has expired`);
  throw new UsageError(
    result.taken.length === 0
      ? `${replay.from} takes no events from the bus, so nothing can be replayed into it`
      : `the clip has no event that ${replay.from} takes (${result.taken.join(", ")}) in that time`,
  );
}
