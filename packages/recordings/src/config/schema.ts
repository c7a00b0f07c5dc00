import { id, settingsSchema, withoutEmpty } from "@camclips/events";
import * as z from "zod";
import { pick, refine } from "zod/mini";
import { layoutProblem, namesCameras } from "../layout/recordings-layout.ts";
import { isZone } from "../layout/wall-clock.ts";

/** `camclips.config.yaml`: what a service on one machine serves, and how. Descriptions become the editor's hints. */

const zone = z
  .string()
  .refine(isZone, "is no time zone; zones are named as in Europe/Paris or UTC")
  .describe("Time zone of the times in the files' names (IANA); recorders that name files in UTC are known");

const layout = z
  .string()
  .superRefine((name, context) => {
    const problem = layoutProblem(name);
    if (problem) context.addIssue({ code: "custom", message: problem });
  })
  .describe(
    "A recorder's layout (mediamtx, frigate, ...), or a pattern such as {camera}/%Y-%m-%d/%H.%M.%S, without the ending",
  );

const ignore = z.array(z.string().min(1)).default([]).describe("Globs of what to leave out, relative to the folder");

const root = z.strictObject({
  folder: z.string().min(1).describe("Where the recordings are, folders in it included; relative to this file"),
  layout: layout.default("camclips"),
  zone: zone.default("UTC"),
  ignore,
});

/** The first segments of other addresses below /cameras. */
const RESERVED = ["recording", "clips"];

const cameraId = id.check(refine((name) => !RESERVED.includes(name), `must not be one of ${RESERVED.join(", ")}`));

const camera = z.strictObject({
  title: z.string().min(1).max(100).optional().describe("What people call it"),
  recordedAs: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("What its recordings call it, where that is not its id"),
  zone: zone.optional(),
  clockAheadMs: z
    .int()
    .min(-86_400_000)
    .max(86_400_000)
    .default(0)
    .describe("How far its clock is ahead of the real time, in milliseconds; negative: behind"),
  folders: z.array(root).min(1).optional().describe("Folders that hold recordings of this camera alone"),
});

const token = z.strictObject({
  name: z.string().regex(/^[\w-]{1,40}$/, "must be 1 to 40 letters, digits, _ and -"),
  scope: z.enum(["view", "request", "administer"]).describe("What it may do; each scope includes those before it"),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be the token's SHA-256 in hex: camclips token NAME makes both")
    .describe("SHA-256 of the token, in hex"),
});

const ADDRESS = /^(?:\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i;

/** Settings of the pipeline that make sense on one machine; the others say where things are on AWS. */
const tunable = {
  SQS_RETRY_LIMIT: true,
  SQS_TIMEOUT: true,
  OUT_OF_RANGE_LIMIT: true,
  VIDEO_MAX_LEN: true,
  THUMBNAIL_SIZES: true,
  THUMBNAIL_FORMAT: true,
  CLIP_PRECISION: true,
  PREVIEWS: true,
  CLIP_CLOCK: true,
  CLOCK_ZONE: true,
  REUSE: true,
  CLIP_CODEC: true,
  JOIN_TOLERANCE_MS: true,
  RECORDING_MAX_LEN: true,
  CLIP_WORK_LIMIT: true,
  EVIDENCE_KEY: true,
  LINK_SECONDS: true,
} as const satisfies Partial<Record<keyof typeof settingsSchema.shape, true>>;

const settingNames = Object.keys(tunable) as (keyof typeof tunable)[];

/** Written as YAML has them; checked as the environment's. */
const settings = z
  .partialRecord(z.enum(settingNames), z.union([z.string(), z.number(), z.array(z.number())]))
  .default({})
  .transform((values) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.join(" ") : String(value)]),
    ),
  )
  .superRefine((values, context) => {
    const read = pick(settingsSchema, tunable).safeParse(withoutEmpty(values));
    for (const { path, message } of read.error?.issues ?? []) context.addIssue({ code: "custom", path, message });
  })
  .describe("Settings of the pipeline, as in the README");

export const configSchema = z
  .strictObject({
    recordings: z.array(root).default([]).describe("Folders that hold recordings of several cameras"),
    cameras: z
      .record(cameraId, camera)
      .default({})
      .describe("What differs for single cameras; others are found by their recordings"),
    onlyListed: z.boolean().default(false).describe("Serve the cameras that are listed and no others"),
    clips: z.string().min(1).default("clips").describe("Folder of the finished clips"),
    state: z.string().min(1).default(".camclips/service").describe("Folder of the state file and of unfinished work"),
    requests: z.string().min(1).optional().describe("Drop folder: a request in a file that appears there is taken"),
    listen: z
      .string()
      .regex(ADDRESS, "must be HOST:PORT, such as 127.0.0.1:8420")
      .default("127.0.0.1:8420")
      .describe("Any other address than this machine's own (127.0.0.1) needs tokens"),
    publicUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("How others reach the service, for links in notifications"),
    allowOrigins: z.array(z.url()).default([]).describe("Other sites whose pages may call the API (CORS)"),
    tokens: z.array(token).default([]),
    rescanSeconds: z
      .int()
      .min(10)
      .default(300)
      .describe("Folders are watched; this often they are looked through as well"),
    settings,
  })
  .superRefine((config, context) => {
    if (config.recordings.length === 0 && !Object.values(config.cameras).some(({ folders }) => folders))
      context.addIssue({ code: "custom", path: ["recordings"], message: "names no folder" });
    for (const [index, { layout }] of config.recordings.entries())
      if (!tellsCameras(layout))
        context.addIssue({
          code: "custom",
          path: ["recordings", index, "layout"],
          message: "has no {camera}: name the folder under the camera that its recordings are of",
        });
    if (config.tokens.length === 0 && !isLoopback(config.listen))
      context.addIssue({
        code: "custom",
        path: ["listen"],
        message: "others can reach this address: name tokens (camclips token NAME makes one), or listen at 127.0.0.1",
      });
    const owners = new Map<string, string>();
    for (const [name, { recordedAs = [name] }] of Object.entries(config.cameras)) {
      for (const alias of recordedAs) {
        const owner = owners.get(alias);
        if (owner !== undefined)
          context.addIssue({
            code: "custom",
            path: ["cameras", name, "recordedAs"],
            message: `"${alias}" is what recordings of ${owner} are called, too`,
          });
        owners.set(alias, name);
      }
    }
  });

const isLoopback = (address: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\]):/.test(address);

/** What is wrong with the layout itself is told where it stands. */
function tellsCameras(layout: string): boolean {
  try {
    return namesCameras(layout);
  } catch {
    return true;
  }
}

export type Config = z.output<typeof configSchema>;
export type RootConfig = z.output<typeof root>;

/** For editors: a comment in the file names where it is. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" });
}
