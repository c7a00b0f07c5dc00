import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { Recognised } from "@camclips/recordings";
import { layouts } from "@camclips/recordings/layouts";
import type { Command } from "commander";
import { UsageError } from "../exit-codes.ts";
import { refusals } from "../file-errors.ts";
import { makeWritable } from "../input/writable-folder.ts";
import { Subcommand } from "../subcommand.ts";
import { plural } from "../view/format.ts";

interface InitOptions {
  out: string;
  force?: true;
}

const CONFIG_FILE = "camclips.config.yaml";
const SCHEMA_FILE = "camclips.config.schema.json";

/** So many files tell how a folder is laid out. */
const ENOUGH = 5000;

const help = `
Looks at the names of the recordings, recognises the recorder's layout, and writes a commented configuration for
"camclips serve" and "camclips clip --config", with a JSON Schema beside it for editors.

Layouts that are recognised:
${Object.entries(layouts)
  .map(([name, { recorder, example }]) => `  ${name.padEnd(11)} ${recorder}\n              ${example}`)
  .join("\n")}

Examples:
  camclips init /srv/nvr
  camclips init ./recordings --out site/${CONFIG_FILE}`;

export function initCommand(): Command {
  return new Subcommand("init")
    .description("write a configuration by looking at a folder of recordings")
    .argument("[folder]", "folder of the recordings", ".")
    .option("--out <file>", "the configuration", CONFIG_FILE)
    .option("--force", "overwrite it")
    .addHelpText("after", help)
    .action(init);
}

async function init(folder: string, { out, force }: InitOptions): Promise<void> {
  if (existsSync(out) && !force) throw new UsageError(`${out} exists: --force overwrites it, --out names another file`);
  const { configJsonSchema, recogniseLayout, suggestConfig } = await import("@camclips/recordings");
  const paths = await videosBelow(folder);
  const recognised = recogniseLayout(paths);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const place = relative(dirname(resolve(out)), resolve(folder)) || ".";
  await makeWritable(dirname(out), "--out");
  await writeFile(out, suggestConfig({ folder: place, recognised, sample: paths[0], zone }));
  await writeFile(join(dirname(out), SCHEMA_FILE), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  process.stdout.write(`${[...summary(folder, paths.length, recognised), `wrote ${out}`].join("\n")}\n`);
}

async function videosBelow(folder: string): Promise<string[]> {
  const { VIDEO, walk } = await import("@camclips/recordings");
  const paths: string[] = [];
  try {
    for await (const path of walk(folder, (name) => /(?:^|\/)\./.test(name))) {
      if (VIDEO.test(path)) paths.push(path);
      if (paths.length === ENOUGH) break;
    }
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new UsageError(`cannot read the folder "${folder}": ${refusals[code] ?? message}`);
  }
  if (paths.length === 0) throw new UsageError(`no recordings (*.mp4 and the like) in ${folder} or below it`);
  return paths;
}

function summary(folder: string, count: number, recognised: Recognised | undefined): string[] {
  const seen = `${folder}: ${count === ENOUGH ? `${ENOUGH} or more recordings` : plural(count, "recording")}`;
  if (!recognised) return [`${seen}, named as no known recorder does: say how, where the configuration says "layout"`];
  const { layout, cameras, others } = recognised;
  return [
    `${seen} named as by ${layouts[layout].recorder}`,
    `cameras: ${cameras.slice(0, 12).join(", ")}${cameras.length > 12 ? `, and ${cameras.length - 12} more` : ""}`,
    ...(others.length > 0 ? [`names of ${others.length} do not fit, such as ${others[0]}`] : []),
  ];
}
