import { setTimeout } from "node:timers/promises";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { replayMessage } from "../operator/replay.ts";
import { ownCommand, shellWord } from "../own-command.ts";
import { CLIENT, findDeployment, partOf } from "./deployment.ts";
import { historyOf } from "./history.ts";
import { replayState, startReplay } from "./replay.ts";

export interface ReplayOptions {
  stage: string;
  fromMs: number;
  toMs: number;
  /** One clip only: its latest event in that time that the stage takes. */
  clip?: string | undefined;
  only: string;
  notify: boolean;
  wait: boolean;
}

const POLL_MS = 5_000;

/** `camclips replay` */
export async function runReplay({ stage, fromMs, toMs, clip, only, notify, wait }: ReplayOptions): Promise<void> {
  const deployed = await findDeployment(stage);
  const options = { fromMs, toMs, from: only, notify };
  if (clip) {
    const MessageBody = replayMessage(await historyOf(deployed, clip, stage), options, Date.now());
    const sqs = new SQSClient({ ...CLIENT, useQueueUrlAsEndpoint: false });
    await sqs.send(new SendMessageCommand({ QueueUrl: partOf(deployed, only).queueUrl, MessageBody }));
    process.stdout.write(
      `${clip} is on its way from ${only} on: ${ownCommand()} timeline --stage ${stage} ${shellWord(clip)}\n`,
    );
    return;
  }
  const events = new EventBridgeClient(CLIENT);
  const name = await startReplay(events, deployed, options, Date.now());
  process.stdout.write(`replay ${name} started into ${only}\n`);
  if (wait) await finished(events, name);
}

async function finished(events: EventBridgeClient, name: string): Promise<void> {
  for (;;) {
    const state = await replayState(events, name);
    if (state === "COMPLETED") break;
    if (state === "FAILED" || state === "CANCELLED") throw new Error(`replay ${name} ended as ${state}`);
    await setTimeout(POLL_MS);
  }
  process.stdout.write(`replay ${name} is complete\n`);
}
