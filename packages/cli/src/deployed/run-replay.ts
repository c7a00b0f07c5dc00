import { setTimeout } from "node:timers/promises";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { CLIENT, findDeployment } from "./deployment.ts";
import { replayState, startReplay } from "./replay.ts";

export interface ReplayOptions {
  stage: string;
  fromMs: number;
  toMs: number;
  only: string;
  notify: boolean;
  wait: boolean;
}

const POLL_MS = 5_000;

/** `camclips replay` of all clips of a time. */
export async function runReplay({ stage, fromMs, toMs, only, notify, wait }: ReplayOptions): Promise<void> {
  const deployed = await findDeployment(stage);
  const options = { fromMs, toMs, from: only, notify };
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
