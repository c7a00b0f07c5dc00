import { SQSClient } from "@aws-sdk/client-sqs";
import { UsageError } from "../exit-codes.ts";
import { CLIENT, checkPipelineStage, findDeployment, partOf } from "./deployment.ts";
import { messagesIn, redriveStage } from "./redrive.ts";

/** Sending the request again would find the FATAL_ERROR that was told when the message came to rest, and stop there. */
const ENDED = "schedule-retry";

export interface RedriveOptions {
  stage: string;
  limit?: number;
  dryRun?: boolean;
}

/** `camclips redrive` */
export async function runRedrive(name: string, options: RedriveOptions): Promise<void> {
  const { stage, limit = Number.POSITIVE_INFINITY, dryRun = false } = options;
  if (name === ENDED) {
    const instead = `camclips replay --clip CLIP_ID --notify --stage ${stage}`;
    throw new UsageError(
      `clips with dead letters of ${ENDED} were told FATAL_ERROR: take each up again with ${instead}`,
    );
  }
  checkPipelineStage(name);
  const deployed = await findDeployment(stage);
  const { dlqUrl, queueUrl } = partOf(deployed, name);
  if (!dlqUrl) throw new UsageError(`${name} of stage "${stage}" has no dead-letter queue of its own`);
  const nowMs = Date.now();
  // Queue URLs name the host themselves; an emulator's host must not be replaced by it.
  const sqs = new SQSClient({ ...CLIENT, useQueueUrlAsEndpoint: false });
  process.stderr.write(`about ${await messagesIn(sqs, dlqUrl)} dead letters of ${name}\n`);
  const redrive = { stage: name, dlqUrl, queueUrl, id: `redrive-${nowMs}`, nowMs, limit, dryRun };
  const { sent, left } = await redriveStage(sqs, redrive);
  if (dryRun) for (const clipId of sent) process.stdout.write(`${clipId}\n`);
  process.stdout.write(`${sent.length} ${dryRun ? "would be sent" : "sent"} back to ${name}\n`);
  if (left.length === 0) return;
  throw new UsageError(`${left.length} left where they are, because they are no events: ${left.join(", ")}`);
}
