/// <reference path="../.sst/platform/config.d.ts" />
import type { Resources } from "./grants.ts";
import type { DeployedStage } from "./pipeline.ts";

/**
 * Names, URLs and ARNs of the stage, as `sst` prints them and as the parameter `/camclips/<stage>/outputs` holds them
 * for the commands that work on a deployed stage.
 */
export function publishOutputs(
  deployed: readonly DeployedStage[],
  { settings, records, storage, clipUrl, links, messaging }: Resources,
) {
  const { bus, archive, topic, queues, schedules } = messaging;
  const outputs = {
    busName: bus.name,
    busArn: bus.arn,
    archiveArn: archive.arn,
    topicArn: topic.arn,
    requestQueueUrl: queues["accept-request"].url,
    originBucket: storage.origin.name,
    recordsTable: records.name,
    workBucket: storage.work.name,
    destinationBucket: storage.destination.name,
    clipUrl,
    links: links && { url: links.url, keyPairId: links.keyPairId },
    alarmTopic: settings.ALARM_TOPIC ?? "none",
    scheduleGroup: schedules.group.name,
    scheduleDlqUrl: schedules.dlq.url,
    stages: Object.fromEntries(
      deployed.map(({ row, queue, functionName, ruleArns }) => [
        row.stage,
        { functionName, ruleArns, queueUrl: queue.url, dlqUrl: queue.dlq?.url },
      ]),
    ),
  };
  new aws.ssm.Parameter("Outputs", {
    name: `/${$app.name}/${$app.stage}/outputs`,
    type: "String",
    // The free tier holds 4 KB; a stage with long names may need more.
    tier: "Intelligent-Tiering",
    value: $jsonStringify(outputs),
  });
  return outputs;
}
