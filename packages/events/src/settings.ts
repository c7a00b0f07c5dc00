import * as z from "zod";
import { clock, codec, precision, preview } from "./schemas.ts";

/**
 * The settings of one environment (contract, section 6, and ours). They live here because both sides read them: the
 * stacks at deploy time, the stages at their start. Names are those of the environment variables.
 */

/** An unset variable and an empty one mean the same: the default. */
const optional = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema);

const seconds = (fallback: number, least = 1) =>
  optional(z.coerce.number({ error: "must be a whole number of seconds" }).int().min(least).default(fallback));

const url = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .transform((value) => value.replace(/\/+$/, ""));

const flag = optional(
  z
    .enum(["true", "false", "1", "0"], { error: 'must be "true" or "false"' })
    .default("false")
    .transform((value) => value === "true" || value === "1"),
);

const widths = optional(
  z
    .string()
    .default("300 640 1500 3000")
    .transform((value) =>
      value
        .trim()
        .split(/[\s,]+/)
        .map(Number),
    )
    .refine(
      (sizes) => sizes.every((size) => Number.isInteger(size) && size >= 16 && size <= 8192),
      "must be widths in pixels (16 to 8192), separated by spaces",
    )
    .transform((sizes) => [...new Set(sizes)]),
);

/** Strptime directives that recording names may use. */
const timestampFormat = z
  .string()
  .regex(/^(?:[^%]|%[YmdHMSfyj%])+$/, "may use %Y %y %m %d %j %H %M %S %f and %% only")
  .refine((format) => {
    const directives = format.match(/%[A-Za-z]/g) ?? [];
    return new Set(directives).size === directives.length;
  }, "may use each directive once");

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).format() !== "";
  } catch {
    return false;
  }
}

const zone = z.string().refine(isZone, "must be a time zone such as Europe/Paris, or UTC").default("UTC");

export const settingsSchema = z.object({
  CLIP_DOWNLOAD_DEST: optional(z.string().default("/tmp")),
  TIMESTAMP_FORMAT: optional(timestampFormat.default("%Y%m%dT%H%M%S%f")),
  OLD_FILE_FORMAT: flag,
  /** How recordings are named, if not by the two above: a layout's name, or a pattern (docs/recordings.md). Its reader checks it. */
  RECORDING_LAYOUT: optional(z.string().optional()),
  /** Zone of the times in names, where the layout does not say. */
  RECORDING_ZONE: optional(zone),
  SQS_RETRY_LIMIT: seconds(900),
  SQS_TIMEOUT: seconds(60),
  OUT_OF_RANGE_LIMIT: seconds(259_200),
  VIDEO_MAX_LEN: seconds(300),
  THUMBNAIL_SIZES: widths,
  THUMBNAIL_FORMAT: optional(z.enum(["jpg", "png", "webp"]).default("jpg")),
  CAM_SERVICES_URL: url,
  RECORDINGS_URL: url,
  CLIP_URL: url,
  /** A bucket; for the local runtime also a folder (anything with a slash in it). */
  S3_BUCKET_ORIGIN: z.string().min(1),
  S3_BUCKET_ORIGIN_DIR: optional(
    z
      .string()
      .default("")
      .transform((value) => value.replace(/^\/+|\/+$/g, "")),
  ),
  S3_BUCKET_DESTINATION: optional(z.string().optional()),
  AWS_SNS_TOPIC: optional(z.string().optional()),
  AWS_SQS_QUEUE: optional(z.string().optional()),
  AWS_SQS_QUEUE_URL: optional(z.string().optional()),
  LOG_LEVEL: optional(z.enum(["DEBUG", "INFO", "WARN", "ERROR"]).default("INFO")),
  /** How clips are cut unless a request says otherwise. */
  CLIP_PRECISION: optional(precision.default("smart")),
  /** Which small pictures of the whole clip are made unless a request says otherwise. */
  PREVIEWS: optional(preview.default("none")),
  /** Whether clips carry the wall clock unless a request says otherwise, and in which zone it is written. */
  CLIP_CLOCK: optional(clock.default("none")),
  CLOCK_ZONE: optional(zone),
  /** What clips are, unless a request says otherwise: `h264` always, `source` H.265 where recordings of it are copied. */
  CLIP_CODEC: optional(codec.default("h264")),
  /** Longest hole between two recordings that counts as a join, not as a gap, ms. */
  JOIN_TOLERANCE_MS: optional(z.coerce.number().int().min(0).max(60_000).default(1000)),
  /** Longest recording the cameras make: how far around the range to look for recordings. */
  RECORDING_MAX_LEN: seconds(600),
  /** Time for the work itself, after all waiting for footage, a redelivery after a crash included; then the clip counts as stalled. */
  CLIP_WORK_LIMIT: seconds(3600, 60),
  /** Whether new objects in the origin bucket wake clips that wait for them. One machine watches its folders by itself. */
  EARLY_WAKE: flag,
  /** How long a link works that comes with a clip. CloudFront and this machine know no limit; people do. */
  LINK_SECONDS: seconds(86_400, 60),
  /** Whether a clip that was made before is copied. Unset: on one machine it is, on AWS not. */
  REUSE: optional(z.enum(["on", "off"], { error: 'must be "on" or "off"' }).optional()),
  /** Signs a manifest of every clip: a file with a P-256 key, or the ARN of such a key in KMS. Unset: none is made. */
  EVIDENCE_KEY: optional(z.string().optional()),
});

export type Settings = z.output<typeof settingsSchema>;

/** Every problem of the environment at once, one a line. */
export class SettingsError extends Error {
  override name = "SettingsError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `${problems.length} bad setting${problems.length === 1 ? "" : "s"}:\n${problems.map((line) => `  ${line}`).join("\n")}`,
    );
    this.problems = problems;
  }
}

/**
 * Reads the settings out of environment variables.
 * @throws SettingsError that lists every missing or bad setting.
 */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  return readBy(settingsSchema, environment);
}

/** @throws SettingsError. */
export function readBy<S extends z.ZodType>(schema: S, environment: Record<string, string | undefined>): z.output<S> {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  throw new SettingsError(
    result.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      const value = environment[name];
      return value ? `${name}="${value}": ${message}` : `${name} is missing: set it in .env or .env.<stage>`;
    }),
  );
}
