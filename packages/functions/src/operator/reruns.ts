import {
  type AnyEvent,
  asOwnRun,
  markRerun,
  NOTIFYING_REPLAY_PREFIX,
  parseEnvelope,
  stageNamed,
  toEnvelope,
  withFreshDeadline,
} from "@camclips/events";

/** What is sent again on an operator's word, and as what. */

/** Sending the request again would find the FATAL_ERROR that was told when the message came to rest, and stop there. */
export const NOT_REDRIVEN = "schedule-retry";

/**
 * A dead letter as it goes back to its stage. A stage whose last failure ended the clip told FATAL_ERROR, and that stands: what
 * follows now must be a run of its own, which tells its status again. The other stages left the clip open, so their message
 * simply goes on.
 * @param id names this redrive in what follows from it.
 * @returns undefined for a message that is no event: it would fail again.
 */
export function redrivenBody(stage: string, body: string, id: string, nowMs: number): string | undefined {
  const { input, failsClip } = stageNamed(stage);
  if (input.from !== "bus" || stage === "record-event") return body;
  try {
    const event = withFreshDeadline(parseEnvelope(JSON.parse(body)), nowMs);
    return JSON.stringify(toEnvelope(failsClip ? asOwnRun(event, id) : event));
  } catch {
    return undefined;
  }
}

export interface ClipReplay {
  /** The stage at which the clip is taken up; what follows follows. */
  from: string;
  /** Which of its events. */
  fromMs: number;
  toMs: number;
  notify: boolean;
}

export const replayName = (notify: boolean, nowMs: number): string =>
  `${notify ? NOTIFYING_REPLAY_PREFIX : ""}replay-${new Date(nowMs).toISOString().replace(/[-:.]/g, "")}`;

/**
 * The archive cannot be asked for one clip, but the clip's own history has its events: the latest one that the stage takes,
 * marked as the archive's replay would be.
 * @returns its envelope as JSON, undefined when the clip had no such event then.
 */
function replayedBody(
  history: readonly AnyEvent[],
  { from, fromMs, toMs, notify }: ClipReplay,
  nowMs: number,
): string | undefined {
  const taken = eventsTakenBy(from);
  const event = history.findLast(({ type, metadata: { occurredAt, rerun } }) => {
    const atMs = Date.parse(occurredAt);
    return taken.includes(type) && !rerun && atMs >= fromMs && atMs < toMs;
  });
  if (!event) return undefined;
  const marked = markRerun(withFreshDeadline(event, nowMs), { id: replayName(notify, nowMs), notify });
  return JSON.stringify(toEnvelope(marked));
}

export type Replayed =
  | { kind: "sent" }
  /** Nobody knows such a clip. */
  | { kind: "unknown" }
  /** It has no event that the stage takes. */
  | { kind: "no event"; taken: readonly string[] };

/** Has a clip taken up again out of its history. @param send puts the message into the queue of the stage. */
export async function replayFrom(
  history: readonly AnyEvent[],
  replay: ClipReplay,
  nowMs: number,
  send: (body: string) => Promise<void>,
): Promise<Replayed> {
  if (history.length === 0) return { kind: "unknown" };
  const body = replayedBody(history, replay, nowMs);
  if (body === undefined) return { kind: "no event", taken: eventsTakenBy(replay.from) };
  await send(body);
  return { kind: "sent" };
}

/** From the bus. */
function eventsTakenBy(stage: string): readonly string[] {
  const { input } = stageNamed(stage);
  return input.from === "bus" ? input.events : [];
}
