import { clipRequest, coverage, findings } from "@camclips/events";
import * as z from "zod/mini";

/** What is signed: everything that is known of a clip when its last file is stored. */
export const manifest = z.object({
  version: z.literal(1),
  clip: z.object({
    key: z.string(),
    bytes: z.int(),
    /** Lower-case hex, as the clip's metadata tell it. */
    sha256: z.string(),
    durationMs: z.number(),
    frames: z.int(),
    precision: z.string(),
    /** How it was cut, for people. */
    why: z.string(),
    /** Its pictures show the clock, which the recording's do not. */
    clockBurned: z.optional(z.literal(true)),
  }),
  pictures: z.array(z.object({ key: z.string(), bytes: z.int(), sha256: z.string() })),
  ...z.omit(findings, { ffmpeg: true }).shape,
  coverage,
  /** The camera's own clock is not measured: instants are those of the recordings' names and list, and none was moved. */
  camera: z.object({ id: z.string(), clock: z.literal("recordings"), offsetMs: z.number() }),
  /** Who asked for what, as far as the request tells. */
  request: clipRequest,
  software: z.object({ camclips: z.string(), ffmpeg: z.string(), node: z.string() }),
  /** When the clip was ready to be signed, and the event that led to it. */
  made: z.object({ at: z.iso.datetime(), event: z.string() }),
});
export type Manifest = z.infer<typeof manifest>;
