import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createEventBus, createSchedules } from "@camclips/aws";
import type { OperatorPorts } from "@camclips/local";
import { deployedDeadLetters } from "./dead-letters.ts";
import { CLIENT, type Deployment } from "./deployment.ts";
import { recordsOf } from "./history.ts";

/** What people on call act through, on a deployment. */
export function deployedPorts(deployed: Deployment): OperatorPorts {
  // Queue URLs name the host themselves; an emulator's host must not be replaced by it.
  const sqs = new SQSClient({ ...CLIENT, useQueueUrlAsEndpoint: false });
  return {
    records: recordsOf(deployed),
    bus: createEventBus(new EventBridgeClient(CLIENT), deployed.busName),
    schedules: createSchedules(new SchedulerClient(CLIENT), deployed.scheduleGroup),
    deadLetters: deployedDeadLetters(sqs, deployed),
    clock: { now: Date.now },
  };
}
