import { stageNamed } from "@camclips/events";
import type { QueueFacts } from "./facts.ts";
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
import { queueNamed, topicNamed } from "./names.ts";

/** @param keyed what its key means to whoever sends. */
export async function checkTopic(
  setting: string,
  named: string,
  bring: Bring,
  keyed = (key: string | undefined) => encryption(setting, key, bring),
): Promise<Findings> {
  const { name, arn, region, account } = topicNamed(named, bring.place);
  if (name.endsWith(".fifo")) return problem(`${setting}: a FIFO topic; a standard one is needed`);
  if (region !== bring.place.region) return problem(elsewhere(setting, region, bring.place));
  const answer = await bring.look.topic(arn);
  if (answer.kind === "missing") return problem(`${setting}: there is no such topic in ${region}, account ${account}`);
  return answer.kind === "hidden" ? warning(unseen(setting, answer.why)) : keyed(answer.facts.kmsKey);
}

/** CloudWatch, not a function, sends to it. */
export function checkAlarmTopic(named: string, bring: Bring): Promise<Findings> {
  const setting = `ALARM_TOPIC="${named}"`;
  return checkTopic(setting, named, bring, (key) => {
    if (key?.includes("alias/aws/"))
      return problem(`${setting}: CloudWatch may not use ${key}, so no alarm would arrive`);
    const hint = `${setting}: alarms arrive only if the policy of ${key} lets cloudwatch.amazonaws.com use it`;
    return when(key !== undefined, warning(hint));
  });
}

export async function checkRequestQueue(bring: Bring): Promise<Findings> {
  const { AWS_SQS_QUEUE, AWS_SQS_QUEUE_URL } = bring.settings;
  if (!AWS_SQS_QUEUE && !AWS_SQS_QUEUE_URL) return none;
  const setting = AWS_SQS_QUEUE ? `AWS_SQS_QUEUE="${AWS_SQS_QUEUE}"` : `AWS_SQS_QUEUE_URL="${AWS_SQS_QUEUE_URL}"`;
  const { name, url, region, account } = queueNamed(AWS_SQS_QUEUE, AWS_SQS_QUEUE_URL, bring.place);
  const nameOnly = AWS_SQS_QUEUE && queueNamed(AWS_SQS_QUEUE, undefined, bring.place).name;
  if (nameOnly && AWS_SQS_QUEUE_URL && queueNamed(undefined, AWS_SQS_QUEUE_URL, bring.place).name !== nameOnly)
    return problem(`${setting}: AWS_SQS_QUEUE_URL names another queue`);
  if (name.endsWith(".fifo")) return problem(`${setting}: a FIFO queue; a standard one is needed`);
  if (region !== bring.place.region) return problem(elsewhere(setting, region, bring.place));
  const answer = await bring.look.queue(url);
  if (answer.kind === "missing") return problem(`${setting}: there is no such queue in ${region}, account ${account}`);
  if (answer.kind === "hidden") return warning(unseen(setting, answer.why));
  return together([encryption(setting, answer.facts.kmsKey, bring), ...deliveries(setting, answer.facts)]);
}

function deliveries(setting: string, facts: QueueFacts) {
  const { timeoutSeconds } = stageNamed("accept-request");
  const { visibilitySeconds: hidden, maxReceives } = facts;
  const wanted = timeoutSeconds * 6;
  return [
    hidden < timeoutSeconds
      ? problem(
          `${setting}: hides messages for ${hidden} s; AWS asks for ${timeoutSeconds} at least, ${wanted} are right`,
        )
      : when(hidden < wanted, warning(`${setting}: hides messages for ${hidden} s; ${wanted} are right`)),
    maxReceives === undefined
      ? warning(`${setting}: no dead-letter queue, so what cannot be read comes back until it expires`)
      : when(
          maxReceives < 10,
          warning(`${setting}: gives a message up after ${maxReceives} receives; throttling alone can use up ten`),
        ),
  ];
}
