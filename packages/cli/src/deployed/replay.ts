import {
  DescribeReplayCommand,
  type EventBridgeClient,
  type ReplayState,
  StartReplayCommand,
} from "@aws-sdk/client-eventbridge";
import type { SendMessageCommandInput } from "@aws-sdk/client-sqs";
import {
  type AnyEvent,
  markRerun,
  NOTIFYING_REPLAY_PREFIX,
  type PipelineStage,
  stageNamed,
  toEnvelope,
  withFreshDeadline,
} from "@camclips/events";
import { UsageError } from "../exit-codes.ts";
import { type Deployment, partOf } from "./deployment.ts";

export interface Replay {
  fromMs: number;
  toMs: number;
  /** The stage at which every clip is taken up; what follows follows. */
  from: string;
  notify: boolean;
}

const replayName = (notify: boolean, nowMs: number): string =>
  `${notify ? NOTIFYING_REPLAY_PREFIX : ""}replay-${new Date(nowMs).toISOString().replace(/[-:.]/g, "")}`;

/** Replays the archive into one stage's rule. @returns the replay's name. */
export async function startReplay(
  events: EventBridgeClient,
  deployed: Deployment,
  { fromMs, toMs, from, notify }: Replay,
  nowMs: number,
): Promise<string> {
  const { ruleArn } = partOf(deployed, from);
  if (!ruleArn) throw new UsageError(`${from} takes no events from the bus, so nothing can be replayed into it`);
  const name = replayName(notify, nowMs);
  const command = new StartReplayCommand({
    ReplayName: name,
    EventSourceArn: deployed.archiveArn,
    EventStartTime: new Date(fromMs),
    EventEndTime: new Date(toMs),
    Destination: { Arn: deployed.busArn, FilterArns: [ruleArn] },
  });
  await events.send(command);
  return name;
}

export async function replayState(events: EventBridgeClient, name: string): Promise<ReplayState | undefined> {
  return (await events.send(new DescribeReplayCommand({ ReplayName: name }))).State;
}

/**
 * The archive cannot be asked for one clip, but the clip's own history has its events: the latest one that the stage
 * takes goes into the stage's queue, marked as the archive's replay would be.
 * @throws UsageError when the clip had no such event then.
 */
export function replayMessage(
  history: readonly AnyEvent[],
  deployed: Deployment,
  { fromMs, toMs, from, notify }: Replay,
  nowMs: number,
): SendMessageCommandInput {
  const { queueUrl } = partOf(deployed, from);
  const taken = takenBy(stageNamed(from));
  const event = history.findLast(({ type, metadata: { occurredAt, rerun } }) => {
    const atMs = Date.parse(occurredAt);
    return taken.includes(type) && !rerun && atMs >= fromMs && atMs < toMs;
  });
  if (!event) throw new UsageError(`the clip has no event that ${from} takes (${taken.join(", ")}) in that time`);
  const marked = markRerun(withFreshDeadline(event, nowMs), { id: replayName(notify, nowMs), notify });
  return { QueueUrl: queueUrl, MessageBody: JSON.stringify(toEnvelope(marked)) };
}

const takenBy = ({ input }: PipelineStage): readonly string[] => (input.from === "bus" ? input.events : []);
