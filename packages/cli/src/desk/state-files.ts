import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { STATE_FILE, StateFile } from "@camclips/local";
import { UsageError } from "../exit-codes.ts";
import { refusals } from "../file-errors.ts";

/** Runs `read` with each state file below a state folder, the one that grew last first, until it returns something. */
export async function findInState<T>(
  state: string,
  read: (file: StateFile, path: string) => Promise<T | undefined>,
  { readOnly = true } = {},
): Promise<T | undefined> {
  try {
    for (const path of stateFilesIn(state)) {
      using file = new StateFile(path, { readOnly });
      const found = await read(file, path);
      if (found !== undefined) return found;
    }
    return undefined;
  } catch (error) {
    return unreadable(state, error as NodeJS.ErrnoException);
  }
}

/** `camclips clip` keeps the state of each clip apart, the others in one place. */
function stateFilesIn(state: string): string[] {
  const jobs = join(state, "clips");
  const files = namesIn(jobs).map((name) => join(jobs, name, STATE_FILE));
  return [...pipelineFilesIn(state), ...files.filter(isThere)].sort((a, b) => grewMs(b) - grewMs(a));
}

/** Of pipelines that take requests: of the folder itself, of `camclips serve`, and of `camclips invoke`. */
export const pipelineFilesIn = (state: string): string[] =>
  [".", "service", "invoke"].map((root) => join(state, root, STATE_FILE)).filter(isThere);

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
export const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** @throws UsageError for one that cannot be looked at. */
export function hasFolder(state: string): boolean {
  try {
    return isThere(state);
  } catch (error) {
    return unreadable(state, error as NodeJS.ErrnoException);
  }
}

function unreadable(state: string, error: NodeJS.ErrnoException): never {
  const { code, message, path } = error;
  if (code === undefined) throw error;
  const problem = refusals[code] ? `${refusals[code]} (${path})` : message;
  throw new UsageError(`cannot read the state folder ${state}: ${problem}`, { cause: error });
}
