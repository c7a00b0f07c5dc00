import type { Desk } from "@camclips/functions";
import type { Command } from "commander";
import { UsageError } from "../exit-codes.ts";
import { serverOption, tokenOption } from "../input/server-options.ts";
import { stageOption } from "../input/stage-option.ts";
import { shellWord } from "../own-command.ts";
import { hasFolder } from "./state-files.ts";
import { stateFolderDesk } from "./state-folder.ts";

/** Where people ask and act: a deployed stage, a running service, or else a state folder of this machine. */
export interface Place {
  stage?: string;
  server?: string;
  token?: string;
  state: string;
}

/** The options that say where. @param stateHelp what the state folder is of. */
export const addPlaceOptions = (command: Command, stateHelp: string): Command =>
  command
    .option("--state <dir>", stateHelp, ".camclips")
    .addOption(serverOption().conflicts(["state", "stage"]))
    .addOption(tokenOption())
    .addOption(stageOption().conflicts("state"));

/** @throws UsageError for a stage that is not deployed here. */
export async function openDesk({ stage, server, token, state }: Place): Promise<Desk> {
  if (server) return (await import("./server.ts")).serverDesk({ url: server, token });
  if (!stage) return existingFolderDesk(state);
  const [{ findDeployment }, { deployedDesk }] = await Promise.all([
    import("../deployed/deployment.ts"),
    import("../deployed/desk.ts"),
  ]);
  return deployedDesk(await findDeployment(stage), stage);
}

/** Nobody keeps their state in a folder that is not there: its name is mistyped, or this is another place. */
function existingFolderDesk(state: string): Desk {
  if (hasFolder(state)) return stateFolderDesk(state);
  throw new UsageError(`there is no folder ${state}; --state says where commands kept their state`);
}

/** How a command that follows up is told the same place. */
export function placeArguments({ stage, server, state }: Place): string {
  if (stage) return ` --stage ${stage}`;
  if (server) return ` --server ${shellWord(server)}`;
  return state === ".camclips" ? "" : ` --state ${shellWord(state)}`;
}
