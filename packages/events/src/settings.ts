import * as z from "zod/mini";
import { clock, codec, precision, preview } from "./schemas.ts";

/**
 * The settings of one environment (contract, section 6, and ours). They live here because both sides read them: the
 * stacks at deploy time, the stages at their start. Names are those of the environment variables.
 */

const seconds = (fallback: number, least = 1) =>
  z._default(
    z.coerce.number({ error: "must be a whole number of seconds" }).check(z.int(), z.minimum(least)),
    fallback,
  );

const url = z.pipe(
  z.url({ protocol: /^https?$/, error: "must be an http or https URL" }),
  z.transform((value) => value.replace(/\/+$/, "")),
);

const flag = z.pipe(
  z._default(z.enum(["true", "false", "1", "0"], { error: 'must be "true" or "false"' }), "false"),
  z.transform((value) => value === "true" || value === "1"),
);

const numbers = z.pipe(
  z._default(z.string(), "300 640 1500 3000"),
  z.transform((value) =>
    value
      .trim()
      .split(/[\s,]+/)
      .map(Number),
  ),
);
const widths = z.pipe(
  numbers.check(
    z.refine(
      (sizes) => sizes.every((size) => Number.isInteger(size) && size >= 16 && size <= 8192),
      "must be widths in pixels (16 to 8192), separated by spaces",
    ),
  ),
  z.transform((sizes) => [...new Set(sizes)]),
);

/** Strptime directives that recording names may use. */
const timestampFormat = z.string().check(
  z.regex(/^(?:[^%]|%[YmdHMSfyj%])+$/, "may use %Y %y %m %d %j %H %M %S %f and %% only"),
  z.refine((format) => {
    const directives = format.match(/%[A-Za-z]/g) ?? [];
    return new Set(directives).size === directives.length;
  }, "may use each directive once"),
);

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).format() !== "";
  } catch {
    return false;
  }
}

const zone = z._default(z.string().check(z.refine(isZone, "must be a time zone such as Europe/Paris, or UTC")), "UTC");

export const settingsSchema = z.object({
  CLIP_DOWNLOAD_DEST: z._default(z.string(), "/tmp"),
  TIMESTAMP_FORMAT: z._default(timestampFormat, "%Y%m%dT%H%M%S%f"),
  OLD_FILE_FORMAT: flag,
  /** How recordings are named, if not by the two above: a layout's name, or a pattern (docs/recordings.md). Its reader checks it. */
  RECORDING_LAYOUT: z.optional(z.string()),
  /** Zone of the times in names, where the layout does not say. */
  RECORDING_ZONE: zone,
  SQS_RETRY_LIMIT: seconds(900),
  SQS_TIMEOUT: seconds(60),
  OUT_OF_RANGE_LIMIT: seconds(259_200),
  VIDEO_MAX_LEN: seconds(300),
  THUMBNAIL_SIZES: widths,
  THUMBNAIL_FORMAT: z._default(z.enum(["jpg", "png", "webp"]), "jpg"),
  CAM_SERVICES_URL: url,
  RECORDINGS_URL: url,
  CLIP_URL: url,
  /** A bucket; for the local runtime also a folder (anything with a slash in it). */
  S3_BUCKET_ORIGIN: z.string().check(z.minLength(1)),
  S3_BUCKET_ORIGIN_DIR: z.pipe(
    z._default(z.string(), ""),
    z.transform((value) => value.replace(/^\/+|\/+$/g, "")),
  ),
  S3_BUCKET_DESTINATION: z.optional(z.string()),
  AWS_SNS_TOPIC: z.optional(z.string()),
  AWS_SQS_QUEUE: z.optional(z.string()),
  AWS_SQS_QUEUE_URL: z.optional(z.string()),
  LOG_LEVEL: z._default(z.enum(["DEBUG", "INFO", "WARN", "ERROR"]), "INFO"),
  /** How clips are cut unless a request says otherwise. */
  CLIP_PRECISION: z._default(precision, "smart"),
  /** Which small pictures of the whole clip are made unless a request says otherwise. */
  PREVIEWS: z._default(preview, "none"),
  /** Whether clips carry the wall clock unless a request says otherwise, and in which zone it is written. */
  CLIP_CLOCK: z._default(clock, "none"),
  CLOCK_ZONE: zone,
  /** What clips are, unless a request says otherwise: `h264` always, `source` H.265 where recordings of it are copied. */
  CLIP_CODEC: z._default(codec, "h264"),
  /** Longest hole between two recordings that counts as a join, not as a gap, ms. */
  JOIN_TOLERANCE_MS: z._default(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(60_000)), 1000),
  /** Longest recording the cameras make: how far around the range to look for recordings. */
  RECORDING_MAX_LEN: seconds(600),
  /** Time for the work itself, after all waiting for footage, a redelivery after a crash included; then the clip counts as stalled. */
  CLIP_WORK_LIMIT: seconds(3600, 60),
  /** Whether new objects in the origin bucket wake clips that wait for them. One machine watches its folders by itself. */
  EARLY_WAKE: flag,
  /** How long a link works that comes with a clip. CloudFront and this machine know no limit; people do. */
  LINK_SECONDS: seconds(86_400, 60),
  /** Whether a clip that was made before is copied. Unset: on one machine it is, on AWS not. */
  REUSE: z.optional(z.enum(["on", "off"], { error: 'must be "on" or "off"' })),
  /** Signs a manifest of every clip: a file with a P-256 key, or the ARN of such a key in KMS. Unset: none is made. */
  EVIDENCE_KEY: z.optional(z.string()),
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

/** An unset variable and an empty one mean the same: the default. */
export function withoutEmpty(environment: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
}

/** @throws SettingsError. */
export function readBy<S extends z.ZodMiniType>(
  schema: S,
  environment: Record<string, string | undefined>,
): z.output<S> {
  const result = schema.safeParse(withoutEmpty(environment));
  if (result.success) return result.data;
  throw new SettingsError(
    result.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      const value = environment[name];
      return value ? `${name}="${value}": ${message}` : `${name} is missing: set it in .env or .env.<stage>`;
    }),
  );
}
