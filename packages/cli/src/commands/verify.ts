import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { styleText } from "node:util";
import type { Finding, Verdict } from "@camclips/evidence/verify";
import type { Command } from "commander";
import { DEFAULT_FOLDER, keysFile, readKeys } from "../evidence/key-folder.ts";
import { exitCodes, exitCodesHelp, UsageError } from "../exit-codes.ts";
import { Subcommand } from "../subcommand.ts";

const help = `
Works without any network. The manifest is the clip's name with .manifest.json, unless another one is given; pictures are looked for beside it.
With --sources, recordings are compared with what was read of them, and the frames that were copied with the recordings' own.
Only keys in the list are trusted; whatever brings the manifest cannot bring its key.

Examples:
  camclips verify clips/harbour/20181031.mp4
  camclips verify clip.mp4 clip.manifest.json --keys keys.json --sources ./recordings
  camclips verify clip.mp4 --json | jq .findings
${exitCodesHelp}`;

interface VerifyOptions {
  keys: string;
  sources?: string;
  json?: true;
}

export function verifyCommand(): Command {
  return new Subcommand("verify")
    .description("check a clip against its signed manifest: what was altered, and which second")
    .argument("<clip>", "the file")
    .argument("[manifest]", "its manifest (default: beside it)")
    .option("--keys <file>", "public keys that are trusted (JWKS)", keysFile(DEFAULT_FOLDER))
    .option("--sources <dir>", "folder of the recordings")
    .option("--json", "print the verdict as JSON")
    .addHelpText("after", help)
    .action(verify);
}

async function verify(clip: string, manifest: string | undefined, options: VerifyOptions): Promise<void> {
  const named = manifest ?? `${clip.replace(/\.mp4$/i, "")}.manifest.json`;
  for (const path of [clip, named, ...(options.sources ? [options.sources] : [])])
    if (!existsSync(path)) throw new UsageError(`there is no ${path}`);
  const keys = await readKeys(options.keys);
  const { verifyEvidence } = await import("@camclips/evidence/verify");
  const { sources } = options;
  const verdict = await verifyEvidence({
    clip,
    manifest: named,
    keys,
    picture: (name) => readFile(join(dirname(clip), name)).catch(whereMissing),
    ...(sources && {
      source: (key: string) => [key, basename(key)].map((name) => join(sources, name)).find(existsSync),
    }),
  });
  process.stdout.write(options.json ? `${JSON.stringify(verdict, null, 2)}\n` : report(verdict));
  process.exitCode = verdict.intact ? exitCodes.ok : exitCodes.altered;
}

function whereMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function report({ intact, findings, checked, unchecked, manifest }: Verdict): string {
  const stream = process.stdout;
  const head = intact
    ? styleText(["bold", "green"], "INTACT", { stream })
    : styleText(["bold", "red"], "NOT AS SIGNED", { stream });
  const about = manifest
    ? `  ${manifest.camera.id}, ${new Date(manifest.request.startMs).toISOString()}, made ${manifest.made.at}`
    : "";
  const lines = [
    `${head}${about}`,
    ...findings.map((finding) => `  ${finding.what.padEnd(10)} ${told(finding)}`),
    ...checked.map((what) => `  checked    ${what}`),
    ...unchecked.map((what) => `  unchecked  ${what}`),
  ];
  return `${lines.join("\n")}\n`;
}

function told({ name, problem, bytes, wallClock }: Finding): string {
  const where = [wallClock && `${wallClock[0]} to ${wallClock[1]}`, bytes && `bytes ${bytes[0]} to ${bytes[1]}`].filter(
    Boolean,
  );
  return `${name}: ${problem}${where.length > 0 ? ` (${where.join(", ")})` : ""}`;
}
