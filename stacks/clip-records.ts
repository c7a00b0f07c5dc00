/// <reference path="../.sst/platform/config.d.ts" />
import { nameOf } from "./names.ts";
import type { Profile } from "./profile.ts";

/**
 * The table of clips' records (packages/aws/src/dynamo-table.ts says what its items hold): on demand, with backups of every
 * moment of the last 35 days, encrypted with the account's key for DynamoDB. Items expire by their own `expiresAt`.
 */
export function clipRecords(profile: Profile) {
  const { name, arn } = new sst.aws.Dynamo("ClipRecords", {
    fields: {
      clipId: "string",
      entry: "string",
      state: "string",
      sinceMs: "number",
      cameraId: "string",
      startMs: "number",
    },
    primaryIndex: { hashKey: "clipId", rangeKey: "entry" },
    globalIndexes: {
      byState: { hashKey: "state", rangeKey: "sinceMs" },
      byCamera: { hashKey: "cameraId", rangeKey: "startMs" },
    },
    ttl: "expiresAt",
    deletionProtection: profile.kind !== "personal",
    transform: { table: { name: nameOf("clip-records"), serverSideEncryption: { enabled: true } } },
  });
  return { name, arn };
}
