import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type ClipStatus, clipState } from "@camclips/core";
import {
  cancelClip,
  type Desk,
  inOrder,
  latestFirst,
  listGroups,
  lookAtGroup,
  lookIntoDeadLetters,
  replayFrom,
  type WantedClips,
} from "@camclips/functions";
import type { OperatorPorts } from "@camclips/local";
import { UsageError } from "../exit-codes.ts";
import { CLIENT, type Deployment, partOf } from "./deployment.ts";
import { deployedLines } from "./logs.ts";
import { merged } from "./merged.ts";
import { deployedPorts } from "./operator-ports.ts";
import { redriveStage } from "./redrive.ts";

/** A deployed stage, with the operator's own rights. */
export function deployedDesk(deployed: Deployment, stage: string): Desk {
  // Queue URLs name the host themselves; an emulator's host must not be replaced by it.
  const sqs = new SQSClient({ ...CLIENT, useQueueUrlAsEndpoint: false });
  const ports = deployedPorts(deployed, sqs);
  const send = async (QueueUrl: string, MessageBody: string) => {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  };
  const messagesIn = async (QueueUrl: string | undefined): Promise<number> => {
    if (QueueUrl === undefined) return 0;
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] });
    return Number((await sqs.send(command)).Attributes?.ApproximateNumberOfMessages ?? 0);
  };
  const clips = (wanted: WantedClips) => clipsIn(ports.records, wanted);

  return {
    name: `stage "${stage}"`,
    clips,
    clip: (clipId) => ports.records.status(clipId),
    latest: async () => {
      for await (const { clipId } of clips({})) return clipId;
      return undefined;
    },
    history: (clipId) => ports.records.history(clipId),
    request: (body) => send(deployed.requestQueueUrl, body),
    requestGroup: (body) => send(deployed.requestQueueUrl, body),
    group: (groupId) => lookAtGroup(groupId, ports.records),
    groups: (wanted) => listGroups(wanted, ports.records),
    cancel: (clipId) => cancelClip(clipId, ports),
    /** SQS counts roughly. */
    queues: () =>
      Promise.all(
        Object.entries(deployed.stages).map(async ([stage, { queueUrl, dlqUrl }]) => {
          const [messages, deadLetters] = await Promise.all([messagesIn(queueUrl), messagesIn(dlqUrl)]);
          return { stage, messages, deadLetters };
        }),
      ),
    logs: (wanted) => deployedLines(deployed, wanted),
    deadLetters: (functions, limit) => lookIntoDeadLetters(functions, ports, limit),
    async redrive(name, redrive) {
      const { dlqUrl, queueUrl } = partOf(deployed, name);
      if (!dlqUrl) throw new UsageError(`${name} of stage "${stage}" has no dead-letter queue of its own`);
      const nowMs = Date.now();
      return redriveStage(sqs, { stage: name, dlqUrl, queueUrl, id: `redrive-${nowMs}`, nowMs, ...redrive });
    },
    async replay(clipId, replay) {
      const { queueUrl } = partOf(deployed, replay.from);
      return replayFrom(await ports.records.history(clipId), replay, Date.now(), (body) => send(queueUrl, body));
    },
  };
}

/** No clip's range ends later than this, epoch ms: the year 5138. */
const FURTHEST_MS = 1e14;

/** By its indexes alone: of one camera, or by state and time. The rest is looked through. */
async function* clipsIn(
  records: OperatorPorts["records"],
  { states = [], camera, sinceMs = 0, range, search, behind }: WantedClips,
): AsyncIterable<ClipStatus> {
  const asked = states.length > 0 ? states : clipState.options;
  const toMs = behind ? behind.sinceMs + 1 : undefined;
  const lists =
    camera === undefined
      ? asked.map((state) => inOrder(records.inState(state, { fromMs: sinceMs, ...(toMs && { toMs }) }), placeOf))
      : [ofCamera(records, camera, range)];
  const isWanted = (clip: ClipStatus) =>
    asked.includes(clip.state) &&
    clip.sinceMs >= sinceMs &&
    (!range || overlaps(clip, range)) &&
    (!search || clip.clipId.toLowerCase().includes(search.toLowerCase())) &&
    (!behind || compared(behind, clip) < 0);
  for await (const clip of merged(lists, compared)) if (isWanted(clip)) yield clip;
}

async function* ofCamera(
  records: OperatorPorts["records"],
  camera: string,
  [startMs, endMs]: readonly [number, number] = [0, FURTHEST_MS],
): AsyncIterable<ClipStatus> {
  yield* (await Array.fromAsync(records.ofCamera(camera, { startMs, endMs }))).sort(compared);
}

const overlaps = ({ startMs, endMs }: ClipStatus, range: readonly [number, number]): boolean =>
  startMs !== null && endMs !== null && startMs < range[1] && endMs > range[0];

type Place = Pick<ClipStatus, "sinceMs" | "clipId">;

const placeOf = ({ sinceMs, clipId }: Place) => ({ sinceMs, id: clipId });
const compared = (a: Place, b: Place): number => latestFirst(placeOf(a), placeOf(b));
