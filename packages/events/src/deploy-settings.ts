import * as z from "zod";
import { readBy, settingsSchema } from "./settings.ts";

/** What only a deployment needs, beside the settings of the contract. */
const deploySettings = z.object({
  /** Topic that alarms notify. */
  ALARM_TOPIC: z
    .string()
    .regex(/^arn:[^:]+:sns:[^:]+:\d+:.+$/, "must be the ARN of an SNS topic")
    .optional(),
  /** Keys of the account's own with which brought resources are encrypted. */
  KMS_KEY_ARNS: z
    .string()
    .default("")
    .transform((value) => value.split(/[\s,]+/).filter(Boolean))
    .refine(
      (keys) => keys.every((key) => /^arn:[^:]+:kms:[^:]+:\d+:key\/[\w-]+$/.test(key)),
      "must be ARNs of KMS keys (arn:aws:kms:REGION:ACCOUNT:key/ID), separated by spaces; an alias is none",
    ),
  /** Who serves clips: a distribution in front of the stage's own bucket, or whoever CLIP_URL names. */
  CLIP_ACCESS: z
    .enum(["private", "cloudfront", "signed"], { error: 'must be "private", "cloudfront" or "signed"' })
    .default("private"),
  /** File of the RSA key (PEM) that signs links, of CLIP_ACCESS=signed. */
  CLIP_LINKS_KEY: z.string().optional(),
  /** Processors of the functions. Unset: arm64, and where ffmpeg is packed the one that it is built for. */
  LAMBDA_ARCHITECTURE: z.enum(["arm64", "x86_64"], { error: 'must be "arm64" or "x86_64"' }).optional(),
});

/** Names of the settings that no function reads. */
export const deployOnly = Object.keys(deploySettings.shape) as readonly (keyof z.output<typeof deploySettings>)[];

const schema = settingsSchema.extend(deploySettings.shape);

export type DeploySettings = z.output<typeof schema>;
export type Architecture = NonNullable<DeploySettings["LAMBDA_ARCHITECTURE"]>;

/**
 * Reads the settings of a deployment; an empty variable is an unset one.
 * @throws SettingsError that lists every missing or bad setting.
 */
export function readDeploySettings(environment: Record<string, string | undefined>): DeploySettings {
  const set = Object.entries(environment).filter(([, value]) => value !== "");
  return readBy(schema, Object.fromEntries(set));
}
