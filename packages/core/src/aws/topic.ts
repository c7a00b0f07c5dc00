import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import type { Topic } from "../ports.ts";

/** An SNS topic; messages in the contract's form (section 5). */
export function createTopic(client: SNSClient, topicArn: string): Topic {
  return {
    async notify({ message, attributes }, signal) {
      const entries = Object.entries(attributes).map(([name, value]) => [
        name,
        { DataType: "String", StringValue: value },
      ]);
      await client.send(
        new PublishCommand({
          TopicArn: topicArn,
          MessageStructure: "json",
          Message: JSON.stringify({ default: message }),
          MessageAttributes: Object.fromEntries(entries),
        }),
        { abortSignal: signal },
      );
    },
  };
}
