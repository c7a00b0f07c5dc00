import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import type { Topic } from "@camclips/core";

/** Characters that SNS refuses in attributes, halves of surrogate pairs among them. */
const NOT_IN_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** An SNS topic; messages in the contract's form (section 5). */
export function createTopic(client: SNSClient, topicArn: string): Topic {
  return {
    async notify({ message, attributes }, signal) {
      const entries = Object.entries(attributes).map(([name, value]) => [
        name,
        { DataType: "String", StringValue: value.replace(NOT_IN_XML, "?") },
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
