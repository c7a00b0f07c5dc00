import type { Place } from "../place.ts";
import type { StageSettings } from "../settings.ts";
import type { LookUps } from "./facts.ts";

/** What is wrong with what the settings name: `problems` stop a deployment, `warnings` are told. */
export interface Findings {
  problems: string[];
  warnings: string[];
}

export const none: Findings = { problems: [], warnings: [] };
export const problem = (line: string): Findings => ({ ...none, problems: [line] });
export const warning = (line: string): Findings => ({ ...none, warnings: [line] });
export const when = (is: boolean, findings: Findings): Findings => (is ? findings : none);

export const together = (all: readonly Findings[]): Findings => ({
  problems: all.flatMap(({ problems }) => problems),
  warnings: all.flatMap(({ warnings }) => warnings),
});

export interface Bring {
  settings: StageSettings;
  place: Place;
  look: LookUps;
}

/** AWS's own keys (alias/aws/...) let the account in by themselves. */
export function encryption(setting: string, key: string | undefined, { settings }: Bring): Findings {
  if (!key || /alias\/aws\//.test(key)) return none;
  const id = key.split("/").at(-1);
  const isNamed = settings.KMS_KEY_ARNS.some((arn) => arn === key || arn.endsWith(`/${id}`));
  return when(
    !isNamed,
    key.includes("alias/")
      ? warning(`${setting}: is encrypted with ${key}; KMS_KEY_ARNS must name that key's ARN`)
      : problem(`${setting}: is encrypted with ${key}, which KMS_KEY_ARNS does not name`),
  );
}

export const elsewhere = (setting: string, region: string, place: Place): string =>
  `${setting}: lies in ${region}, the stage in ${place.region}; deploy with AWS_REGION=${region}, or name one there`;

export const unseen = (setting: string, why: string): string =>
  `${setting}: cannot be looked at (${why}); see that its owner lets this account's roles in, and its key, too`;
