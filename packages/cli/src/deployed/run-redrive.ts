import { SQSClient } from "@aws-sdk/client-sqs";
import { UsageError } from "../exit-codes.ts";
import type { Redriven } from "../operator/redrive.ts";
import { CLIENT, findDeployment, partOf } from "./deployment.ts";
import { messagesIn, redriveStage } from "./redrive.ts";

/** `camclips redrive` of a deployment. */
export async function redriveDeployed(
  stage: string,
  name: string,
  { limit, dryRun }: { limit: number; dryRun: boolean },
): Promise<Redriven> {
  const deployed = await findDeployment(stage);
  const { dlqUrl, queueUrl } = partOf(deployed, name);
  if (!dlqUrl) throw new UsageError(`${name} of stage "${stage}" has no dead-letter queue of its own`);
  const nowMs = Date.now();
  // Queue URLs name the host themselves; an emulator's host must not be replaced by it.
  const sqs = new SQSClient({ ...CLIENT, useQueueUrlAsEndpoint: false });
  process.stderr.write(`about ${await messagesIn(sqs, dlqUrl)} dead letters of ${name}\n`);
  return redriveStage(sqs, { stage: name, dlqUrl, queueUrl, id: `redrive-${nowMs}`, nowMs, limit, dryRun });
}
