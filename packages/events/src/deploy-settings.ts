import * as z from "zod/mini";
import { readBy, settingsSchema } from "./settings.ts";

const RENDER_MEMORY_IS = "must be a whole number of MB from 1024 to 10240";

/** What only a deployment needs, beside the settings of the contract. */
const deploySettings = z.object({
  /** Topic that alarms notify. */
  ALARM_TOPIC: z.optional(z.string().check(z.regex(/^arn:[^:]+:sns:[^:]+:\d+:.+$/, "must be the ARN of an SNS topic"))),
  /** Keys of the account's own with which brought resources are encrypted. */
  KMS_KEY_ARNS: z
    .pipe(
      z._default(z.string(), ""),
      z.transform((value) => value.split(/[\s,]+/).filter(Boolean)),
    )
    .check(
      z.refine(
        (keys) => keys.every((key) => /^arn:[^:]+:kms:[^:]+:\d+:key\/[\w-]+$/.test(key)),
        "must be ARNs of KMS keys (arn:aws:kms:REGION:ACCOUNT:key/ID), separated by spaces; an alias is none",
      ),
    ),
  /** Who serves clips: a distribution in front of the stage's own bucket, or whoever CLIP_URL names. */
  CLIP_ACCESS: z._default(
    z.enum(["private", "cloudfront", "signed"], { error: 'must be "private", "cloudfront" or "signed"' }),
    "private",
  ),
  /** File of the RSA key (PEM) that signs links, of CLIP_ACCESS=signed. */
  CLIP_LINKS_KEY: z.optional(z.string()),
  /** Processors of the functions. Unset: arm64, and where ffmpeg is packed the one that it is built for. */
  LAMBDA_ARCHITECTURE: z.optional(z.enum(["arm64", "x86_64"], { error: 'must be "arm64" or "x86_64"' })),
  /** MB of the function that cuts clips, in place of the table's; processors come with it. */
  RENDER_MEMORY: z.optional(
    z.coerce
      .number({ error: RENDER_MEMORY_IS })
      .check(z.int(RENDER_MEMORY_IS), z.minimum(1024, RENDER_MEMORY_IS), z.maximum(10_240, RENDER_MEMORY_IS)),
  ),
});

/** Names of the settings that no function reads. */
export const deployOnly = Object.keys(deploySettings.shape) as readonly (keyof z.output<typeof deploySettings>)[];

const schema = z.extend(settingsSchema, deploySettings.shape);

export type DeploySettings = z.output<typeof schema>;
export type Architecture = NonNullable<DeploySettings["LAMBDA_ARCHITECTURE"]>;

/**
 * Reads the settings of a deployment.
 * @throws SettingsError that lists every missing or bad setting.
 */
export function readDeploySettings(environment: Record<string, string | undefined>): DeploySettings {
  return readBy(schema, environment);
}
