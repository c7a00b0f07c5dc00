import * as z from "zod/mini";
import { type Cut, derivedId, MAX_HOPS, type Metadata, metadata, type Rerun, traceparentOf } from "./metadata.ts";
import type { Lane } from "./schemas.ts";

/** The `source` of every event, and what rules match on. */
export const EVENT_SOURCE = "camclips";

/** What a stage returns: a thing that happened, before the wrapper stamps it with metadata. */
export interface Fact<Name extends string = string, Data = unknown> {
  readonly type: Name;
  readonly data: Data;
  /** Id of the event that it follows from, where that is another one than the stage was called with. */
  readonly cause?: string;
  /** The event's id, where it must not depend on which event led to it. */
  readonly id?: string;
  /** What is made from here on, where others wait for it. */
  readonly cut?: Cut | undefined;
}

/** A fact with its metadata: what travels as `detail`, plus its type. */
export interface CamclipsEvent<Name extends string = string, Data = unknown> extends Fact<Name, Data> {
  readonly metadata: Metadata;
}

export interface EventDefinition<Name extends string = string, Schema extends z.ZodMiniType = z.ZodMiniType> {
  readonly type: Name;
  readonly version: number;
  /** What happened, in one sentence. */
  readonly summary: string;
  /** Shape of `detail`. */
  readonly detail: z.ZodMiniObject<{ metadata: typeof metadata; data: Schema }>;
  /** EventBridge rule pattern that matches this event and no other. */
  readonly pattern: { source: [string]; "detail-type": [Name] };
  /** @throws $ZodError when the data is not what the catalogue promises. */
  happened(data: z.input<Schema>): Fact<Name, z.output<Schema>>;
  /** @throws $ZodError naming every field that does not fit. */
  parse(detail: unknown): CamclipsEvent<Name, z.output<Schema>>;
}

/** The type of the events that a definition describes. */
export type EventOf<Definition> =
  Definition extends EventDefinition<infer Name, infer Schema> ? CamclipsEvent<Name, z.output<Schema>> : never;

export interface EventShape<Schema extends z.ZodMiniType> {
  summary: string;
  data: Schema;
}

/** One definition: type, constructor, parser and rule pattern of an event. `type` is a fact in the past tense. */
export function defineEvent<const Name extends string, Schema extends z.ZodMiniType>(
  type: Name,
  version: number,
  { summary, data }: EventShape<Schema>,
): EventDefinition<Name, Schema> {
  const detail = z.object({ metadata: z.extend(metadata, { version: z.literal(version) }), data });
  return {
    type,
    version,
    summary,
    detail: detail as unknown as z.ZodMiniObject<{ metadata: typeof metadata; data: Schema }>,
    pattern: { source: [EVENT_SOURCE], "detail-type": [type] },
    happened: (input) => ({ type, data: data.parse(input) }),
    parse(input) {
      const parsed = detail.parse(input) as { metadata: Metadata; data: z.output<Schema> };
      return { type, ...parsed };
    },
  };
}

/** Where a chain of events starts: a request, before any event exists. */
export interface Origin {
  clipId: string;
  /** Names the request's content, so that the same request twice yields the same event id. */
  key: string;
  /** Names the request whatever attempt it is, so that its attempts share a trace. Default: `key`. */
  trace?: string;
  deadlineAt: string;
  rerun?: Rerun | undefined;
  lane?: Lane | undefined;
}

/** The id of the event of a type that follows from a cause: another event, or what its chain begins with. */
export const followingId = (causeId: string, type: string, rerunId = ""): string => derivedId(causeId, type, rerunId);

/** Turns a fact into the first event of a chain. `now`: ISO 8601. */
export function firstEvent<F extends Fact>(
  fact: F,
  version: number,
  origin: Origin,
  now: string,
): F & { metadata: Metadata } {
  const id = followingId(origin.key, fact.type, origin.rerun?.id);
  return {
    ...fact,
    metadata: {
      id,
      clipId: origin.clipId,
      cause: origin.key,
      attempt: 1,
      hops: 0,
      deadlineAt: origin.deadlineAt,
      occurredAt: now,
      takenUpAt: now,
      rerun: origin.rerun,
      lane: origin.lane,
      traceparent: traceparentOf(origin.trace ?? origin.key, id),
      version,
    },
  };
}

/**
 * Turns a fact into the event that follows from `cause`.
 * @throws Error when the chain is longer than the pipeline: the only guard against a loop, since the bus has none.
 */
export function nextEvent<F extends Fact>(
  fact: F,
  version: number,
  cause: CamclipsEvent,
  now: string,
  fixedId?: string,
): F & { metadata: Metadata } {
  const hops = cause.metadata.hops + 1;
  if (hops > MAX_HOPS) throw new Error(`${fact.type} would be event ${hops} of its chain: the pipeline has a loop`);
  const id = fixedId ?? followingId(cause.metadata.id, fact.type, cause.metadata.rerun?.id);
  const [, trace] = cause.metadata.traceparent.split("-");
  return {
    ...fact,
    metadata: {
      ...cause.metadata,
      id,
      cause: cause.metadata.id,
      attempt: 1,
      hops,
      occurredAt: now,
      traceparent: `00-${trace}-${id.replaceAll("-", "").slice(0, 16)}-01`,
      version,
    },
  };
}
