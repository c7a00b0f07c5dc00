import { clipRequest, interval } from "@camclips/events";
import * as z from "zod/mini";

/** A clip that waits for footage, as whoever sees footage come finds it. */
export const waitingClip = z.object({
  /** The attempt that found too little. */
  request: clipRequest,
  /** Under which the camera records. */
  alias: z.string(),
  missing: z.array(interval).check(z.minLength(1)),
  /** Of the event that says so. */
  pendingId: z.uuid(),
  deadlineAt: z.iso.datetime(),
});
export type WaitingClip = z.infer<typeof waitingClip>;
