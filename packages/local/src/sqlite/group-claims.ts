import { type ClipRecords, type Clock, groupEntry } from "@camclips/core";
import { groupClaim } from "@camclips/core/group-claim";
import { KEPT_MS, putEntryIn } from "./entries.ts";
import type { StateFile } from "./state-file.ts";

/** Read together: lists are read as far as somebody looks. */
const PAGE = 100;

/** The claims of groups among clips' records. */
export function groupClaims(file: StateFile, clock: Clock): Pick<ClipRecords, "claimGroup" | "groups"> {
  return {
    async claimGroup(claim, signal) {
      signal?.throwIfAborted();
      return file.write((transaction) => {
        const { groupId, sinceMs } = claim;
        const once = putEntryIn(transaction, groupEntry(groupId), claim, clock);
        if (once.ours)
          transaction.run(
            "INSERT OR REPLACE INTO group_claims (group_id, since_ms, body, expires_ms) VALUES (?, ?, ?, ?)",
            ...[groupId, sinceMs, JSON.stringify(claim), clock.now() + KEPT_MS],
          );
        return once;
      });
    },

    async *groups({ fromMs = 0, toMs = Number.MAX_SAFE_INTEGER } = {}) {
      let behind: [sinceMs: number, groupId: string] = [toMs, ""];
      for (;;) {
        const rows = file.read.rows(
          `SELECT body FROM group_claims WHERE since_ms >= ? AND (since_ms, group_id) < (?, ?)
           ORDER BY since_ms DESC, group_id DESC LIMIT ?`,
          ...[fromMs, ...behind, PAGE],
        );
        for (const { body } of rows) {
          const claim = groupClaim.parse(JSON.parse(String(body)));
          behind = [claim.sinceMs, claim.groupId];
          yield claim;
        }
        if (rows.length < PAGE) return;
      }
    },
  };
}
