import { cutRecord, LeftToOther, twinEntry, twinsWokenEntry } from "@camclips/core";
import {
  type Cut,
  derivedId,
  type EventOf,
  laneIn,
  type Metadata,
  type SourcesLocated,
  stageNamed,
  toEnvelope,
} from "@camclips/events";
import type { Deps } from "../runtime/deps.ts";
import { type Ending, endingOfMaker, type Maker } from "./makers.ts";

/** Named apart for every turn: a name that was given back may not be free again at once. */
const alarmName = (eventId: string, { key, turn }: Cut): string =>
  `download-sources-${derivedId(eventId, key, String(turn))}`;

interface Wait {
  event: EventOf<typeof SourcesLocated>;
  maker: Maker;
  /** When the wait ends, whatever becomes of the maker. */
  untilMs: number;
}

/**
 * Leaves an event to the maker of its cut: it comes again when that is decided, or when the time is up.
 * @returns how the maker's clip ended, when it just did.
 * @throws LeftToOther
 */
export async function waitFor(
  cut: Cut,
  { event, maker, untilMs }: Wait,
  deps: Pick<Deps, "records" | "scheduler" | "schedules">,
  signal: AbortSignal,
): Promise<Ending> {
  const { records, scheduler, schedules } = deps;
  const row = stageNamed("download-sources");
  const body = toEnvelope(event);
  const name = alarmName(event.metadata.id, cut);
  const alarm = { name, atMs: untilMs, lane: laneIn(row, event), body: JSON.stringify(body) };
  await scheduler.schedule({ ...alarm, queue: "download-sources" }, signal);
  await records.putOnce(twinEntry(cut.key, event.metadata.id), body, { signal });
  // Whoever ends the maker's clip reads who waits after that is written: one of the two sees the other.
  const ending = await endingOfMaker(maker, deps, signal);
  if (!ending) throw new LeftToOther(`clip ${maker.clipId} is the same cut, and is being made`);
  await schedules.unschedule(name, signal);
  return ending;
}

/** Once a maker's clip is decided: sends the events again that wait for its cut. */
export async function wakeWaiting(
  { cut, rerun }: Metadata,
  { records, bus, schedules, log }: Pick<Deps, "records" | "bus" | "schedules" | "log">,
  signal: AbortSignal,
): Promise<void> {
  // What others wait for was made, or not, before anybody ran it again.
  if (!cut || rerun) return;
  const waiting = await records.history(cutRecord(cut.key), signal);
  if (waiting.length === 0) return;
  const woken = twinsWokenEntry(cut.key, cut.turn);
  if ((await records.get(woken, signal)) !== undefined) return;
  await bus.publish(waiting, signal);
  for (const { metadata } of waiting) await schedules.unschedule(alarmName(metadata.id, cut), signal);
  await records.putOnce(woken, {}, { signal });
  log.info("woke clips of the same cut", { cut: cut.key, clips: waiting.length });
}
