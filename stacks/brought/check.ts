import { deployedRows } from "@camclips/events";
import type { Place } from "../place.ts";
import type { StageSettings } from "../settings.ts";
import { checkBucket, checkOrigin } from "./check-bucket.ts";
import { checkEvidenceKey } from "./check-key.ts";
import { checkLinksKey } from "./check-links-key.ts";
import { checkAlarmTopic, checkRequestQueue, checkTopic } from "./check-messaging.ts";
import type { LookUps } from "./facts.ts";
import { type Findings, none, problem, together, warning, when } from "./findings.ts";

/**
 * Looks at every resource that the settings name before anything is created: what would be AccessDenied or a redirect in the
 * middle of a clip's way is a line of one message here.
 */
export async function checkBrought(settings: StageSettings, place: Place, look: LookUps): Promise<Findings> {
  const { S3_BUCKET_ORIGIN, S3_BUCKET_DESTINATION, AWS_SNS_TOPIC, ALARM_TOPIC, EVIDENCE_KEY } = settings;
  const bring = { settings, place, look };
  const checks = [
    S3_BUCKET_ORIGIN && checkOrigin(S3_BUCKET_ORIGIN, bring),
    S3_BUCKET_DESTINATION &&
      checkBucket(`S3_BUCKET_DESTINATION="${S3_BUCKET_DESTINATION}"`, S3_BUCKET_DESTINATION, true, bring),
    AWS_SNS_TOPIC && checkTopic(`AWS_SNS_TOPIC="${AWS_SNS_TOPIC}"`, AWS_SNS_TOPIC, bring),
    ALARM_TOPIC && checkAlarmTopic(ALARM_TOPIC, bring),
    checkLinksKey(settings),
    EVIDENCE_KEY && checkEvidenceKey(EVIDENCE_KEY, bring),
    checkRequestQueue(bring),
    functionsAtOnce(settings, look),
    when(
      settings.CLIP_ACCESS !== "private" && S3_BUCKET_DESTINATION !== undefined,
      problem(
        `CLIP_ACCESS="${settings.CLIP_ACCESS}": serves a bucket that the stack creates; leave S3_BUCKET_DESTINATION empty`,
      ),
    ),
  ];
  return together(await Promise.all(checks.map((check) => check || none)));
}

/** New accounts have very few, and the rows of the table share them. */
async function functionsAtOnce(settings: StageSettings, look: LookUps): Promise<Findings> {
  const limit = await look.functionsAtOnce();
  const wanted = deployedRows(settings).reduce(
    (sum, { concurrency, lanes }) => Object.values(lanes).reduce((all, lane) => all + lane, sum + concurrency),
    0,
  );
  const line = `the account runs ${limit} functions at once in this region, the stages ask for ${wanted}: they will be throttled; have "Concurrent executions" of Lambda raised (Service Quotas)`;
  return when(limit !== undefined && limit < wanted, warning(line));
}
