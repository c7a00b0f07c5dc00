import { groupId } from "@camclips/events";
import * as z from "zod/mini";

/** What a groupId stands for, from its first message on, and as what groups are listed. */
export const groupClaim = z.object({
  groupId,
  /** Names what is asked for. */
  key: z.string(),
  /** When it was taken up. */
  sinceMs: z.int(),
  /** How many there are. */
  items: z.int().check(z.positive()),
});
export type GroupClaim = z.infer<typeof groupClaim>;
