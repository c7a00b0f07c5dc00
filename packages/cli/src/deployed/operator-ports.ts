import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { createEventBus, createSchedules } from "@camclips/aws";
import type { OperatorPorts } from "@camclips/local";
import { deployedDeadLetters } from "./dead-letters.ts";
import { CLIENT, type Deployment } from "./deployment.ts";
import { recordsOf } from "./records.ts";

/** What people on call act through, on a deployment. */
export function deployedPorts(deployed: Deployment, sqs: SQSClient): OperatorPorts {
  return {
    records: recordsOf(deployed),
    bus: createEventBus(new EventBridgeClient(CLIENT), deployed.busName),
    schedules: createSchedules(new SchedulerClient(CLIENT), deployed.scheduleGroup),
    deadLetters: deployedDeadLetters(sqs, deployed),
    clock: { now: Date.now },
  };
}
