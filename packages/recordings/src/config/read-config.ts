import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isNode, LineCounter, parseDocument } from "yaml";
import { type Config, configSchema, type RootConfig } from "./schema.ts";

export const CONFIG_FILE = "camclips.config.yaml";

/** Everything that is wrong with a configuration, one problem a line. */
export class ConfigError extends Error {
  override name = "ConfigError";
  readonly problems: readonly string[];
  constructor(file: string, problems: readonly string[]) {
    const head = `${file}: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`;
    super([head, ...problems.map((problem) => `  ${problem}`)].join("\n"));
    this.problems = problems;
  }
}

/**
 * Reads a configuration; its paths come out absolute.
 * @throws ConfigError that lists every problem with its line.
 */
export function readConfig(file: string): Config {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new ConfigError(file, [
      missing
        ? "there is no such file; camclips init writes one by looking at your recordings"
        : (error as Error).message,
    ]);
  }
  return parseConfig(text, file);
}

/** @param file how it is called in messages, and what its paths are relative to. */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0)
    throw new ConfigError(
      file,
      document.errors.map(({ message }) => message.split("\n", 1)[0]?.replace(/:$/, "") ?? ""),
    );
  const read = configSchema.safeParse(document.toJS() ?? {});
  if (read.success) return absolute(read.data, dirname(resolve(file)));

  const lineOf = (path: readonly PropertyKey[]): string => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return `line ${lines.linePos(node.range[0]).line}, `;
    }
    return "";
  };
  throw new ConfigError(
    file,
    read.error.issues.map(({ path, message }) => `${lineOf(path)}${path.join(".") || "it"}: ${message}`),
  );
}

function absolute(config: Config, folder: string): Config {
  const rooted = (root: RootConfig): RootConfig => ({ ...root, folder: resolve(folder, root.folder) });
  return {
    ...config,
    recordings: config.recordings.map(rooted),
    cameras: Object.fromEntries(
      Object.entries(config.cameras).map(([name, camera]) => [
        name,
        camera.folders ? { ...camera, folders: camera.folders.map(rooted) } : camera,
      ]),
    ),
    clips: resolve(folder, config.clips),
    state: resolve(folder, config.state),
    ...(config.requests !== undefined && { requests: resolve(folder, config.requests) }),
  };
}
