import {
  backoffSeconds,
  failureEntry,
  LeftToOther,
  PATIENT_SECONDS,
  RetryLater,
  ServiceUnavailableError,
  type ToldError,
} from "@camclips/core";
import {
  type AnyEvent,
  type AnyFact,
  ClipFailed,
  derivedId,
  type EventDefinition,
  type EventOf,
  laneIn,
  nextEvent,
  type PipelineStage,
  parseEnvelope,
  type Reason,
  reason,
  type StageName,
  stageNamed,
  toEnvelope,
  versionOf,
  withFreshDeadline,
} from "@camclips/events";
import type { Deps } from "./deps.ts";
import { whyPointless } from "./door.ts";
import { resultKeyOf, resultUnder } from "./outbox.ts";
import { whileWanted } from "./while-wanted.ts";

/** One message of a stage's queue. `body`: the parsed JSON, or the text when it is none. */
export interface StageMessage {
  messageId: string;
  body: unknown;
  sentMs: number;
  /** Deliveries that the stage saw, this one included. A receive whose function never ran is none. */
  receiveCount: number;
}

/** What the wrapper itself needs, whatever the stage. */
export type WrapperDeps = Pick<
  Deps,
  "bus" | "outbox" | "records" | "scheduler" | "clock" | "log" | "metrics" | "lookMs"
>;

/** A stage: how to turn one message into what happened. The wrapper around it is `processMessage`. */
export interface StageHandler<Needs = Deps> {
  readonly name: StageName;
  /** @throws when the message is none for this stage. */
  read(message: StageMessage): AnyEvent | undefined;
  run(message: StageMessage, event: AnyEvent | undefined, deps: Needs, signal: AbortSignal): Promise<AnyEvent[]>;
}

/**
 * A stage that reacts to events: a function from an event to the facts that follow from it. It sees no queue, no bus and
 * no Lambda; `deps` is what it says it needs.
 */
export function defineStage<const Definitions extends readonly EventDefinition[], Needs extends object>(
  name: StageName,
  takes: Definitions,
  run: (event: Extract<EventOf<Definitions[number]>, AnyEvent>, deps: Needs, signal: AbortSignal) => Promise<AnyFact[]>,
): StageHandler<Needs & WrapperDeps> {
  return {
    name,
    read({ body, sentMs }) {
      const event = timely(parseEnvelope(body), sentMs);
      if (takes.some(({ type }) => type === event.type)) return event;
      throw new Error(`${name} takes ${takes.map(({ type }) => type).join(", ")}, not ${event.type}`);
    },
    async run(_, event, deps, signal) {
      const facts = await run(event as Extract<EventOf<Definitions[number]>, AnyEvent>, deps, signal);
      return facts.map((fact) => follow(fact, event as AnyEvent, deps));
    },
  };
}

/** A rerun begins now. An event out of the archive brings a deadline that is long over: nothing could be waited for. */
function timely(archived: AnyEvent, sentMs: number): AnyEvent {
  const { rerun, attempt, takenUpAt = new Date(sentMs).toISOString() } = archived.metadata;
  if (!rerun) return archived;
  const event = { ...archived, metadata: { ...archived.metadata, takenUpAt } };
  if (attempt > 1) return event;
  const fresh = withFreshDeadline(event, sentMs);
  return fresh.metadata.deadlineAt > event.metadata.deadlineAt ? fresh : event;
}

/** Stamps a fact as following from an event. */
function follow(fact: AnyFact, event: AnyEvent, { clock }: Pick<Deps, "clock">): AnyEvent {
  const { cause: id = event.metadata.id, id: fixedId, cut = event.metadata.cut, ...happened } = fact;
  const cause = { ...event, metadata: { ...event.metadata, id, cut } };
  return nextEvent(happened, versionOf(fact.type), cause, new Date(clock.now()).toISOString(), fixedId) as AnyEvent;
}

/**
 * The wrapper: reads, runs, publishes, retries. A redelivered message whose result is known publishes that result again
 * instead of working again.
 * @throws whatever the stage threw, when the message is to be delivered again or to rest in the dead-letter queue.
 */
export async function processMessage<Needs extends WrapperDeps>(
  stage: StageHandler<Needs>,
  message: StageMessage,
  deps: Needs,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = deps.clock.now();
  const event = stage.read(message);
  const fields = {
    stage: stage.name,
    clipId: event?.metadata.clipId,
    eventId: event?.metadata.id,
    traceparent: event?.metadata.traceparent,
    attempt: event?.metadata.attempt,
    receiveCount: message.receiveCount,
    ...(event?.metadata.rerun && { rerun: event.metadata.rerun.id }),
  };
  try {
    const published = await runOnce(stage, message, event, deps, signal);
    const clipId = fields.clipId ?? published[0]?.metadata.clipId;
    deps.log.info("stage done", {
      ...fields,
      clipId,
      emitted: published.map(({ type }) => type),
      durationMs: deps.clock.now() - startedMs,
    });
  } catch (error) {
    if (error instanceof LeftToOther) return deps.log.info("stage waits", { ...fields, why: error.message });
    const later = isLongOutage(error, message, signal) ? new RetryLater("INTERNAL", 30, { cause: error }) : error;
    await handleFailure(stageNamed(stage.name), message, event, { error, later }, deps, fields);
  }
}

async function runOnce<Needs extends WrapperDeps>(
  stage: StageHandler<Needs>,
  message: StageMessage,
  event: AnyEvent | undefined,
  deps: Needs,
  signal: AbortSignal,
): Promise<readonly AnyEvent[]> {
  const { messageId, receiveCount } = message;
  const under = event && resultKeyOf(stage.name, event);
  const before = under && (await resultUnder(under, deps.records, signal));
  if (before) return deps.outbox.publish({ messageId, events: before }, signal);
  const row = stageNamed(stage.name);
  const pointless = event && (await whyPointless(row, event, { ...deps, receiveCount }, signal));
  if (pointless) {
    const { reason } = pointless;
    noteDropped(stage.name, event, pointless, deps);
    const events = reason ? [failure(event, stage.name, { reason, message: TOO_BUSY }, deps)] : [];
    return deps.outbox.publish({ messageId, under: reason && under, events }, signal);
  }
  const work = (either: AbortSignal) => stage.run(message, event, deps, either);
  const worked = event && row.leastSeconds > 0 ? await whileWanted(event, deps, signal, work) : await work(signal);
  if ("why" in worked) {
    if (event) noteDropped(stage.name, event, worked, deps);
    return deps.outbox.publish({ messageId, events: [] }, signal);
  }
  return deps.outbox.publish({ messageId, under, events: worked }, signal);
}

function noteDropped(stage: string, event: AnyEvent, { why }: { why: string }, { log, metrics }: WrapperDeps): void {
  log.info("stage dropped its work", { stage, clipId: event.metadata.clipId, why });
  metrics.add("Dropped", 1, "Count", { stage });
}

/** An outage of AWS that outlasts a redelivery is waited out by schedules up to the deadline: receives are few. */
function isLongOutage(error: unknown, { receiveCount }: StageMessage, signal: AbortSignal): boolean {
  return error instanceof ServiceUnavailableError && receiveCount > 1 && !signal.aborted;
}

async function handleFailure(
  row: PipelineStage,
  message: StageMessage,
  event: AnyEvent | undefined,
  { error, later }: { error: unknown; later: unknown },
  deps: WrapperDeps,
  fields: Record<string, unknown>,
): Promise<void> {
  let unscheduled: unknown;
  if (event && later instanceof RetryLater) {
    try {
      if (await scheduledAgain(row, event, later, deps)) {
        deps.metrics.add("Retries", 1, "Count", { stage: row.stage });
        deps.log.warn("stage will retry", { ...fields, reason: later.reason, error: describe(error) });
        return;
      }
    } catch (failure) {
      // The scheduler is down, too: the message comes back, as long as there are receives.
      unscheduled = failure;
    }
  }
  const isOver = error instanceof RetryLater && unscheduled === undefined;
  const rests = message.receiveCount >= row.maxReceives;
  if ((rests || isOver) && event && row.failsClip) await tellFailure(row, event, { error, rests }, deps);
  if (rests) deps.metrics.add("DeadLetters", 1, "Count", { stage: row.stage });
  throw unscheduled ?? error;
}

/** Once, although a message that gave up early is delivered until it rests; and again at the end, in case that was lost. */
async function tellFailure(
  row: PipelineStage,
  event: AnyEvent,
  { error, rests }: { error: unknown; rests: boolean },
  deps: WrapperDeps,
): Promise<void> {
  if (!("request" in event.data)) return;
  const { clipId, id, rerun } = event.metadata;
  const entry = failureEntry(clipId, row.stage, id, rerun?.id);
  if (!rests && !(await deps.records.putOnce(entry, { reason: reasonOf(error) })).ours) return;
  const told = { reason: reasonOf(error), message: describe(error) };
  await deps.bus.publish([failure(event, row.stage, told, deps)]);
}

/** The end of a clip that a stage does not go on with. */
function failure(
  event: AnyEvent,
  stage: string,
  told: { reason: Reason; message: string },
  deps: Pick<Deps, "clock">,
): AnyEvent {
  const { request } = event.data as Extract<AnyEvent, { type: "ClipFailed" }>["data"];
  return follow(ClipFailed.happened({ request, stage, ...told }), event, deps);
}

const TOO_BUSY = "more work came than could be done by this clip's deadline: ask again later, with a new clipId";

/** Sends the message back to the stage's queue by a one-shot schedule, unless the time to wait ends first. */
async function scheduledAgain(
  row: PipelineStage,
  event: AnyEvent,
  { seconds }: RetryLater,
  { clock, scheduler }: WrapperDeps,
): Promise<boolean> {
  const { id, attempt, deadlineAt, rerun } = event.metadata;
  const queue = row.stage as StageName;
  const longest = row.patienceSeconds > 0 ? PATIENT_SECONDS : undefined;
  const atMs = clock.now() + backoffSeconds(seconds, attempt, id, longest) * 1000;
  // What comes later would be kept out at the door, and the reason would be lost.
  if (atMs > Date.parse(deadlineAt) + (row.patienceSeconds - row.leastSeconds) * 1000) return false;
  const again = { ...event, metadata: { ...event.metadata, attempt: attempt + 1 } };
  const name = `${queue}-${derivedId(id, queue, String(attempt + 1), rerun?.id ?? "")}`;
  const lane = laneIn(row, event);
  await scheduler.schedule({ name, atMs, queue, lane, body: JSON.stringify(toEnvelope(again)) });
  return true;
}

function reasonOf(error: unknown): Reason {
  const told = reason.safeParse((error as ToldError | undefined)?.reason);
  return told.success ? told.data : "INTERNAL";
}

/** What was waited for says more than that it was waited for. */
function describe(error: unknown): string {
  const told = error instanceof RetryLater ? (error.cause ?? error) : error;
  return (told instanceof Error ? `${told.name}: ${told.message}` : String(told)).slice(0, 2000);
}
