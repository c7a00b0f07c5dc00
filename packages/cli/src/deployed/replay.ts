import {
  DescribeReplayCommand,
  type EventBridgeClient,
  type ReplayState,
  StartReplayCommand,
} from "@aws-sdk/client-eventbridge";
import { type ClipReplay, replayName } from "@camclips/functions";
import { UsageError } from "../exit-codes.ts";
import { type Deployment, partOf } from "./deployment.ts";

/** Replays the archive into one stage's rules. @returns the replay's name. */
export async function startReplay(
  events: EventBridgeClient,
  deployed: Deployment,
  { fromMs, toMs, from, notify }: ClipReplay,
  nowMs: number,
): Promise<string> {
  const { ruleArns } = partOf(deployed, from);
  if (ruleArns.length === 0)
    throw new UsageError(`${from} takes no events from the bus, so nothing can be replayed into it`);
  const name = replayName(notify, nowMs);
  const command = new StartReplayCommand({
    ReplayName: name,
    EventSourceArn: deployed.archiveArn,
    EventStartTime: new Date(fromMs),
    EventEndTime: new Date(toMs),
    Destination: { Arn: deployed.busArn, FilterArns: ruleArns },
  });
  await events.send(command);
  return name;
}

export async function replayState(events: EventBridgeClient, name: string): Promise<ReplayState | undefined> {
  return (await events.send(new DescribeReplayCommand({ ReplayName: name }))).State;
}
