import type { AnyEvent } from "@camclips/events";
import { createSqliteRecords, latestClipIn } from "@camclips/local";
import type { Command } from "commander";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { stageOption } from "../input/stage-option.ts";
import { findInState, isThere } from "../records/local-records.ts";
import { Subcommand } from "../subcommand.ts";
import { entryLine } from "../view/plain-view.ts";
import { timelineOf } from "../view/timeline.ts";
import { parseId } from "./clip.ts";

interface TimelineOptions {
  stage?: string;
  state: string;
  json?: true;
}

const help = `
Offsets count from the clip's first event; the time in brackets is what the stage took, its queue included.

Examples:
  camclips timeline
  camclips timeline 507f191e810c19729de860ea
  camclips timeline 507f191e810c19729de860ea --stage staging
  camclips timeline 507f191e810c19729de860ea --json | jq '.[] | select(.reason)'
${exitCodesHelp}`;

export function timelineCommand(): Command {
  return new Subcommand("timeline")
    .description("show a clip's history: every event, in order")
    .argument("[clipId]", "the clip (default: the one that was worked on last; not with --stage)", parseId)
    .option("--state <dir>", "state folder of the commands that made it", ".camclips")
    .addOption(stageOption().conflicts("state"))
    .option("--json", "print the history as a JSON array")
    .addHelpText("after", help)
    .action(timeline);
}

async function timeline(named: string | undefined, { state, stage, json }: TimelineOptions): Promise<void> {
  if (stage && !named) throw new UsageError(`which clip of stage ${stage}? camclips timeline CLIP_ID --stage ${stage}`);
  const events = stage && named ? await deployedHistory(stage, named) : await historyIn(state, named);
  const entries = timelineOf(events);
  const clipId = named ?? events[0]?.metadata.clipId;
  if (json) {
    process.stdout.write(`${JSON.stringify(entries, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${clipId}  ${entries[0]?.at}\n`);
  for (const entry of entries) process.stdout.write(`${entryLine(entry, process.stdout)}\n`);
}

async function deployedHistory(stage: string, clipId: string): Promise<AnyEvent[]> {
  const [{ findDeployment }, { historyOf }] = await Promise.all([
    import("../deployed/deployment.ts"),
    import("../deployed/history.ts"),
  ]);
  return historyOf(await findDeployment(stage), clipId, stage);
}

/** Several runs may know the clip; the latest one counts. Without an id, so does the latest clip. */
async function historyIn(state: string, clipId: string | undefined): Promise<AnyEvent[]> {
  const events = await findInState(state, async (file) => {
    const known = clipId ?? latestClipIn(file);
    const history = known ? await createSqliteRecords(file, { now: Date.now }).history(known) : [];
    return history.length > 0 ? history : undefined;
  });
  if (events) return events;
  const where = isThere(state) ? `in ${state}` : `: there is no folder ${state}`;
  throw new UsageError(
    `no clip ${clipId ?? "yet"} ${where}; --state says where the command that made it kept its state`,
  );
}
