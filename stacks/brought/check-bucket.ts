import type { BucketFacts } from "./facts.ts";
import {
  type Bring,
  elsewhere,
  encryption,
  type Findings,
  none,
  problem,
  together,
  unseen,
  warning,
  when,
} from "./findings.ts";

/** As a bucket that is read, and of which EventBridge is to hear. */
export function checkOrigin(name: string, bring: Bring): Promise<Findings> {
  const setting = `S3_BUCKET_ORIGIN="${name}"`;
  return checkBucket(setting, name, false, bring, ({ tellsEventBridge }) =>
    when(bring.settings.EARLY_WAKE && tellsEventBridge !== true, warning(unheard(setting, name, tellsEventBridge))),
  );
}

function unheard(setting: string, name: string, tells: boolean | undefined): string {
  const does = tells === undefined ? "may send no events (its notifications cannot be looked at)" : "sends no events";
  return (
    `${setting}: EARLY_WAKE is on, and the bucket ${does} to EventBridge, so clips wait for their next attempt; switch it on: ` +
    `S3 console, Properties, Amazon EventBridge, or aws s3api put-bucket-notification-configuration --bucket ${name} ` +
    `--notification-configuration '{"EventBridgeConfiguration":{}}', which replaces the notifications that it has`
  );
}

export async function checkBucket(
  setting: string,
  name: string,
  isWritten: boolean,
  bring: Bring,
  also: (facts: BucketFacts) => Findings = () => none,
): Promise<Findings> {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name))
    return problem(`${setting}: a deployment needs a bucket's name`);
  const answer = await bring.look.bucket(name);
  if (answer.kind === "missing") return problem(`${setting}: there is no such bucket`);
  const { region } = answer.kind === "found" ? answer.facts : answer;
  if (region !== undefined && region !== bring.place.region) return problem(elsewhere(setting, region, bring.place));
  if (answer.kind === "hidden") return warning(unseen(setting, answer.why));
  const { kmsKey, isVersioned, abortsUploads } = answer.facts;
  return together([
    also(answer.facts),
    encryption(setting, kmsKey, bring),
    when(isWritten && !isVersioned, warning(`${setting}: no versioning, so a clip that a rerun replaces is gone`)),
    when(
      isWritten && !abortsUploads,
      warning(`${setting}: no lifecycle rule ends unfinished uploads; those of crashed functions stay, and cost`),
    ),
  ]);
}
