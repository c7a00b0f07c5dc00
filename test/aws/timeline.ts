import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { Stack } from "./stack.ts";

/** What happened to a clip, for the message of a failed test: events, what the outside was told, queues, errors. */
export async function timeline(stack: Stack, clipId: string): Promise<string> {
  const history = await stack.records.history(clipId);
  const events = history.map(({ type, metadata }) => `  ${metadata.occurredAt} ${type} (attempt ${metadata.attempt})`);
  const puts = stack.puts(clipId).map(({ body }) => `  PUT ${body.status} ${body.reason ?? ""}`);
  const notified = (await stack.notified(clipId)).map(({ status }) => `  SNS ${status}`);
  return [
    `Timeline of ${clipId}:`,
    ...(events.length > 0 ? events : ["  no events"]),
    ...puts,
    ...notified,
    "Queues:",
    ...(await queueLines(stack)),
    "Warnings and errors:",
    ...(await errorLines(stack)),
  ].join("\n");
}

async function queueLines({ clients, outputs }: Stack): Promise<string[]> {
  const lines: string[] = [];
  for (const [stage, { queueUrl, dlqUrl }] of Object.entries(outputs.stages)) {
    const [waiting, dead] = await Promise.all([queueUrl, dlqUrl].map((url) => depth(clients, url)));
    if (waiting !== "0+0" || dead !== "0+0") lines.push(`  ${stage}: ${waiting} waiting, ${dead} dead letters`);
  }
  return lines;
}

/** Visible and hidden messages. */
async function depth({ sqs }: Stack["clients"], QueueUrl: string): Promise<string> {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  return `${Attributes?.ApproximateNumberOfMessages}+${Attributes?.ApproximateNumberOfMessagesNotVisible}`;
}

async function errorLines({ clients, outputs }: Stack): Promise<string[]> {
  const perStage = Object.values(outputs.stages).map(async ({ functionName }) => {
    const logGroupName = `/aws/lambda/${functionName}`;
    const { events = [] } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName }));
    const bad = events
      .map(({ message = "" }) => message)
      .filter((line) => /"level":"(ERROR|WARN)"|[A-Z]\w*Error/.test(line));
    return bad.slice(-4).map((line) => `  ${functionName}: ${line.slice(0, 800)}`);
  });
  return (await Promise.all(perStage)).flat();
}
