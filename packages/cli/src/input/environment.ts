import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseEnv } from "node:util";
import { readSettings, type Settings, SettingsError } from "@camclips/events";
import { misspeltSettings } from "@camclips/events/misspelt";
import { UsageError } from "../exit-codes.ts";

/**
 * Loads `.env.<stage>`, then `.env`, into the environment. What is already set stays, so the real environment wins over
 * both files, and the stage's file over `.env`.
 * @throws UsageError when the stage has no file.
 */
export function loadEnvironment(stage: string | undefined): void {
  warnOfMisspelt(process.env);
  if (stage !== undefined) {
    const file = `.env.${stage}`;
    if (!existsSync(file)) throw new UsageError(`there is no ${file} here; ${stagesHere()}`);
    loadFile(file);
  }
  if (existsSync(".env")) loadFile(".env");
}

function loadFile(file: string): void {
  warn(misspeltSettings(Object.keys(parseEnv(readFileSync(file, "utf8"))), true), `${file}: `);
  process.loadEnvFile(file);
}

/** A misspelt setting would be ignored without a word. Those of files were told when the files were read. */
function warnOfMisspelt(environment: NodeJS.ProcessEnv): void {
  warn(misspeltSettings(Object.keys(environment)));
}

function warn(lines: readonly string[], where = ""): void {
  for (const line of lines) process.stderr.write(`camclips: ${where}${line}\n`);
}

function stagesHere(): string {
  const stages = readdirSync(".").filter((name) => name.startsWith(".env.") && name !== ".env.example");
  return stages.length > 0 ? `there are: ${stages.join(", ")}` : "copy .env.example to make one";
}

/** @throws UsageError that lists every bad setting, followed by `hint`. */
export function settingsFrom(environment: Record<string, string | undefined>, hint = ""): Settings {
  try {
    return readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) throw new UsageError(`${error.message}${hint && `\n${hint}`}`);
    throw error;
  }
}

/** Seconds that never end, for rules that make no sense on footage that lies in a folder. */
const NEVER = 365 * 24 * 3600;

/**
 * Settings of a clip out of a folder. Nothing more will arrive there and nothing is too old, so every gap is decided at
 * once; URLs point at the folder of the results.
 */
export function folderSettings(environment: NodeJS.ProcessEnv, out: string): Settings {
  const unused = "http://127.0.0.1";
  warnOfMisspelt(environment);
  const { CLIP_URL } = environment;
  const settings = settingsFrom({
    ...environment,
    CAM_SERVICES_URL: unused,
    RECORDINGS_URL: unused,
    CLIP_URL: CLIP_URL || unused,
    S3_BUCKET_ORIGIN: "./recordings",
    S3_BUCKET_ORIGIN_DIR: "",
    // Folders are read by --layout.
    RECORDING_LAYOUT: "",
  });
  return {
    ...settings,
    CLIP_URL: CLIP_URL ? settings.CLIP_URL : pathToFileURL(resolve(out)).href,
    SQS_RETRY_LIMIT: 0,
    OUT_OF_RANGE_LIMIT: Number.MAX_SAFE_INTEGER,
    CLIP_WORK_LIMIT: NEVER,
  };
}
