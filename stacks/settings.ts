import { readSettings, type Settings } from "@camclips/events";
import { misspeltSettings } from "@camclips/events/misspelt";
import type { Profile } from "./profile.ts";

type Environment = Record<string, string | undefined>;

/** Names of resources: the stages read them from the `Wiring` link, which knows the created ones as well. */
const resourceNames = [
  "S3_BUCKET_ORIGIN",
  "S3_BUCKET_DESTINATION",
  "AWS_SNS_TOPIC",
  "AWS_SQS_QUEUE",
  "AWS_SQS_QUEUE_URL",
] as const satisfies readonly (keyof Settings)[];

/** Stands for "no bucket named": a personal stage then owns its origin. No bucket can have this name. */
const OWN = "-";

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

export interface StageSettings extends Omit<Settings, "S3_BUCKET_ORIGIN"> {
  /** undefined: the stage owns its origin bucket. */
  S3_BUCKET_ORIGIN: string | undefined;
  /** Topic that alarms notify; not one of the contract's settings. */
  ALARM_TOPIC: string | undefined;
}

/**
 * Reads and checks the settings of one deployed stage.
 * @param warn is told of names that are misspelt, which would be ignored without a word.
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
  const settings = readSettings(profile.kind === "personal" ? { ...personalDefaults(stage), ...set } : set);
  const origin = settings.S3_BUCKET_ORIGIN;
  return {
    ...settings,
    S3_BUCKET_ORIGIN: origin === OWN ? undefined : origin,
    ALARM_TOPIC: environment.ALARM_TOPIC || undefined,
  };
}

/** The settings as a function's environment variables: the contract's names, in the form that `readSettings` reads. */
export function environmentOf(settings: StageSettings): Record<string, string> {
  const { ALARM_TOPIC: _, ...contract } = settings;
  const variables = Object.entries(contract)
    .filter(([name, value]) => value !== undefined && !(resourceNames as readonly string[]).includes(name))
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(" ") : String(value)]);
  return Object.fromEntries(variables);
}
