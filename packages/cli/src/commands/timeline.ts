import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AnyEvent } from "@camclips/events";
import { createSqliteRecords, latestClipIn, STATE_FILE, StateFile } from "@camclips/local";
import type { Command } from "commander";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { refusals } from "../file-errors.ts";
import { stageOption } from "../input/stage-option.ts";
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
  const events =
    stage && named
      ? await deployedHistory(stage, named)
      : await historyIn(state, named).catch((error) => unreadable(state, error));
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
  const jobs = join(state, "clips");
  const roots = [state, join(state, "invoke"), ...namesIn(jobs).map((name) => join(jobs, name))];
  const files = roots.map((root) => join(root, STATE_FILE)).filter(isThere);
  for (const path of files.sort((a, b) => grewMs(b) - grewMs(a))) {
    using file = new StateFile(path, { readOnly: true });
    const known = clipId ?? latestClipIn(file);
    const events = known ? await createSqliteRecords(file, { now: Date.now }).history(known) : [];
    if (events.length > 0) return events;
  }
  const where = isThere(state) ? `in ${state}` : `: there is no folder ${state}`;
  throw new UsageError(
    `no clip ${clipId ?? "yet"} ${where}; --state says where the command that made it kept its state`,
  );
}

const namesIn = (folder: string): string[] => (isThere(folder) ? readdirSync(folder) : []);

/** By the clock of this machine: a clip's own may be ahead. SQLite writes beside the file first; whoever reads leaves that file empty. */
const grewMs = (path: string): number =>
  Math.max(
    ...[path, `${path}-wal`].map((file) => {
      const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
      return size > 0 ? mtimeMs : 0;
    }),
  );

/** Unlike existsSync, this tells what is not there from what cannot be looked at. */
const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

function unreadable(state: string, error: NodeJS.ErrnoException): never {
  const { code, message, path } = error;
  if (code === undefined) throw error;
  const problem = refusals[code] ? `${refusals[code]} (${path})` : message;
  throw new UsageError(`cannot read the state folder ${state}: ${problem}`, { cause: error });
}
