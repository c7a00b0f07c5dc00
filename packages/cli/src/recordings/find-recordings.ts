import type { Settings } from "@camclips/events";
import { layouts } from "@camclips/recordings/layouts";
import { type Command, Option } from "commander";
import { suggesting } from "../completion/suggestions.ts";
import { UsageError } from "../exit-codes.ts";
import type { LayoutOptions } from "./layout-scan.ts";
import { type Scan, scanFolder } from "./scan.ts";

/** Where recordings are, and how they are named. */
export interface RecordingsOptions extends LayoutOptions {
  recordings?: string;
  starts?: Map<string, number>;
}

export function addRecordingsOptions(command: Command): Command {
  return command
    .option("--recordings <dir>", "folder of the recordings")
    .addOption(
      suggesting(
        new Option(
          "--layout <name>",
          "how they are named: a recorder's layout, or a pattern such as {camera}/%Y-%m-%d/%H.%M.%S",
        ),
        Object.keys(layouts),
      ),
    )
    .addOption(
      new Option("--config <file>", "take folders and layouts from the configuration of camclips serve").conflicts([
        "recordings",
        "layout",
      ]),
    );
}

/** A camera's recordings. @throws UsageError when there are none, or nothing says where they are. */
export async function findRecordings(camera: string, options: RecordingsOptions, settings: Settings): Promise<Scan> {
  const { recordings: folder, starts = new Map() } = options;
  if (options.config !== undefined || options.layout !== undefined) {
    const { rootsFor, scanRoots } = await import("./layout-scan.ts");
    return scanRoots(rootsFor(folder, camera, options), camera, settings);
  }
  if (folder === undefined) throw new UsageError("say where the recordings are: --recordings FOLDER, or --config FILE");
  return scanFolder(folder, camera, starts, settings);
}

/** How people call the place. */
export const placeOf = ({ config, recordings = "." }: RecordingsOptions): string => config ?? recordings;
