import { SettingsError } from "@camclips/events";
import { type DeploySettings, deployOnly, readDeploySettings } from "@camclips/events/deploy-settings";
import { misspeltSettings } from "@camclips/events/misspelt";
import { layoutProblem, namesCameras } from "@camclips/recordings/layout";
import type { Profile } from "./profile.ts";

type Environment = Record<string, string | undefined>;

/** Names of resources: the stages read them from the `Wiring` link, which knows the created ones as well. */
const resourceNames = [
  "S3_BUCKET_ORIGIN",
  "S3_BUCKET_DESTINATION",
  "AWS_SNS_TOPIC",
  "AWS_SQS_QUEUE",
  "AWS_SQS_QUEUE_URL",
] as const satisfies readonly (keyof DeploySettings)[];

/** Stands for "no bucket named": a personal stage then owns its origin. No bucket can have this name. */
const OWN = "-";

/** Stands for "no address named": the distribution brings its own. */
const OWN_URL = "https://cloudfront.invalid";

/**
 * What a personal stage gets for the settings that have no default: addresses that can never resolve (RFC 2606), so
 * that a forgotten setting cannot reach somebody's camera service, and an origin bucket of its own.
 */
function personalDefaults(stage: string): Environment {
  return {
    CAM_SERVICES_URL: "https://camera-service.invalid",
    RECORDINGS_URL: "https://camera-service.invalid",
    CLIP_URL: `https://${stage}.clips.invalid`,
    S3_BUCKET_ORIGIN: OWN,
  };
}

const NOBODY_HEARS = "WARNING: ALARM_TOPIC is not set: NOBODY HEARS of this stage's alarms. Name an SNS topic's ARN.";

export interface StageSettings extends Omit<DeploySettings, "S3_BUCKET_ORIGIN" | "CLIP_URL"> {
  /** undefined: the stage owns its origin bucket. */
  S3_BUCKET_ORIGIN: string | undefined;
  /** undefined: the distribution's own domain. */
  CLIP_URL: string | undefined;
}

/** Whether the stack has a distribution of its own. */
const servesItself = (access: string | undefined): boolean => access === "cloudfront" || access === "signed";

/**
 * Reads and checks the settings of one deployed stage.
 * @param warn is told of names that are misspelt, which would be ignored without a word, and of alarms that nobody hears.
 * @throws SettingsError that lists every problem.
 */
export function settingsOf(
  stage: string,
  profile: Profile,
  environment: Environment,
  warn: (line: string) => void = console.warn,
): StageSettings {
  for (const line of misspeltSettings(Object.keys(environment))) warn(line);
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const settings = readChecked({
    ...(profile.kind === "personal" && personalDefaults(stage)),
    ...(servesItself(set.CLIP_ACCESS) && { CLIP_URL: OWN_URL }),
    ...set,
  });
  if (profile.watched && !settings.ALARM_TOPIC) warn(NOBODY_HEARS);
  const { S3_BUCKET_ORIGIN: origin, CLIP_URL: url } = settings;
  return {
    ...settings,
    S3_BUCKET_ORIGIN: origin === OWN ? undefined : origin,
    CLIP_URL: url === OWN_URL ? undefined : url,
  };
}

/** A layout is checked here because the settings' schema knows none. */
function readChecked(environment: Environment): DeploySettings {
  const problems = layoutProblems(environment);
  try {
    const settings = readDeploySettings(environment);
    if (problems.length === 0) return settings;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems.unshift(...error.problems);
  }
  throw new SettingsError(problems);
}

function layoutProblems({ RECORDING_LAYOUT: layout, EARLY_WAKE }: Environment): string[] {
  if (!layout) return [];
  const problem = layoutProblem(layout);
  if (problem) return [`RECORDING_LAYOUT="${layout}": ${problem}`];
  const isWoken = EARLY_WAKE === "true" || EARLY_WAKE === "1";
  return isWoken && !namesCameras(layout)
    ? [`RECORDING_LAYOUT="${layout}": EARLY_WAKE needs {camera} in it, to know whose clips a new recording wakes`]
    : [];
}

/** The settings as a function's environment variables: the contract's names, in the form that `readSettings` reads. */
export function environmentOf(settings: StageSettings): Record<string, string> {
  const kept: readonly string[] = [...resourceNames, ...deployOnly];
  const variables = Object.entries(settings)
    .filter(([name, value]) => value !== undefined && !kept.includes(name))
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(" ") : String(value)]);
  return Object.fromEntries(variables);
}
