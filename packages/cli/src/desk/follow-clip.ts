import { setTimeout } from "node:timers/promises";
import { type ClipRecords, requestKey } from "@camclips/core";
import { type AnswerableRequest, type AnyEvent, ClipPublished, type EventOf } from "@camclips/events";

type Published = EventOf<typeof ClipPublished>;

const POLL_MS = 1_000;

interface Following {
  /** Epoch ms. */
  untilMs: number;
  /** Everything of the clip's history so far, the same events again and again. */
  onHistory?(events: readonly AnyEvent[]): void;
}

/** Looks at a clip's history until it ends. @returns how, and all of it; no end when that did not come in time. */
export async function followClip(
  records: Pick<ClipRecords, "history">,
  request: AnswerableRequest,
  { untilMs, onHistory }: Following,
): Promise<{ published: Published | undefined; events: AnyEvent[] }> {
  for (;;) {
    const events = await records.history(request.clipId);
    onHistory?.(events);
    const published = endOf(events, request);
    if (published || Date.now() >= untilMs) return { published, events };
    await setTimeout(POLL_MS);
  }
}

/** One clipId may have been asked for twice; only what follows from this very request counts. */
function endOf(events: readonly AnyEvent[], request: AnswerableRequest): Published | undefined {
  const key = requestKey(request);
  const own = new Set(
    events
      .filter(({ data }) => "request" in data && requestKey(data.request) === key)
      .map(({ metadata }) => metadata.id),
  );
  return events.find(
    (event): event is Published =>
      event.type === ClipPublished.type && own.has(event.metadata.cause) && !event.metadata.rerun,
  );
}
