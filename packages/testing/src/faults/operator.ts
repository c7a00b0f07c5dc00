import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import type { ClipRecords, DeadLetter } from "@camclips/core";
import { type AnyEvent, type CamclipsEvent, markRerun, parseEnvelope, stageNamed } from "@camclips/events";
import { cancelClip, type Deps, NOT_REDRIVEN, redrivenBody } from "@camclips/functions";
import type { LocalRuntime } from "@camclips/local";
import type { FaultyWorld } from "./faulty-world.ts";
import type { Act } from "./history.ts";

type TimedAct = Exclude<Act, { kind: "cancel-render" }>;

/** So long a render goes on that nothing stops; others look this often. */
const RENDER_MS = 400;
const LOOK_MS = 5;

/** Does what an operator does, by the same rules as the commands for a deployment: what is sent again comes over the bus. */
export async function perform(act: TimedAct, world: FaultyWorld, runtime: LocalRuntime, deps: Deps): Promise<void> {
  const id = `${act.kind}-${act.atSeconds}`;
  world.note(`the operator: ${JSON.stringify(act)}`);
  if (act.kind === "cancel") return void (await cancel(act, world, runtime, deps));
  if (act.kind === "redrive") return sendAgain(redrivable(runtime), id, world);
  world.limbo.push(...(await archived(act, id, runtime)).map((event) => ({ atMs: world.now(), event })));
}

/**
 * Nobody but an operator sends what came to rest after the clip's deadline: the watch that comes after everything else has
 * been there. What came to rest before stays: the clip has to be answered without it.
 * @returns whether there was anything.
 */
export function redriveWhatNobodyWatches(world: FaultyWorld, runtime: LocalRuntime): boolean {
  const letters = redrivable(runtime).filter(({ queue, body }) => {
    if (queue === "check-deadline") return true;
    const { occurredAt, deadlineAt } = parseEnvelope(JSON.parse(body)).metadata;
    return queue === "publish-clip" && Date.parse(occurredAt) >= Date.parse(deadlineAt);
  });
  sendAgain(letters, "redrive-last", world);
  return letters.length > 0;
}

/** The command replays into locate-sources. What a rerun led to is not archived a second time. */
async function archived(act: Extract<Act, { kind: "replay" }>, id: string, runtime: LocalRuntime): Promise<AnyEvent[]> {
  const events = await runtime.history(act.clipId);
  const requests = events.filter(({ type, metadata }) => type === "RequestAccepted" && !metadata.rerun);
  return requests.map((event) => markRerun(event, { id, notify: act.notify }));
}

/** Dead letters of accept-request are requests. */
const redrivable = (runtime: LocalRuntime): DeadLetter[] =>
  runtime.deadLetters().filter(({ queue }) => {
    const { input } = stageNamed(queue);
    return input.from === "bus" && queue !== NOT_REDRIVEN && queue !== "record-event";
  });

/** The command sends those of one stage: each stage's are a rerun of their own. */
function sendAgain(letters: readonly DeadLetter[], id: string, world: FaultyWorld): void {
  for (const { queue, body } of letters) {
    const event = parseEnvelope(JSON.parse(redrivenBody(queue, body, `${id}-${queue}`, world.now()) ?? ""));
    world.limbo.push({ atMs: world.now(), event });
  }
}

/** Has clips cancelled as soon as their render has begun, which then takes its time. */
export function cancelRenders(deps: Deps, world: FaultyWorld, runtime: LocalRuntime): Deps {
  const acts = world.history.acts.filter((act) => act.kind === "cancel-render");
  if (acts.length === 0) return deps;
  const open: Deps["work"]["open"] = async (key, signal) => {
    const act = acts.find(({ clipId }) => key.startsWith(`sources/${clipId}.`));
    if (act && signal && !world.cancelled.has(act.clipId)) {
      const isFirst = !(await world.hasClip(act.clipId));
      // Its history is written beside the stages.
      while ((await cancel(act, world, runtime, deps)) === "too early") await setTimeout(LOOK_MS);
      await Promise.race([once(signal, "abort"), setTimeout(RENDER_MS)]);
      const isBlind = !signal.aborted && world.isDown("records");
      if (isFirst && !isBlind && world.cancelled.has(act.clipId)) world.cancelledRenders.add(act.clipId);
    }
    return deps.work.open(key, signal);
  };
  return { ...deps, lookMs: LOOK_MS, work: { ...deps.work, open } };
}

/** A command that meets a fault ends with it; nobody tries again. */
async function cancel(
  { clipId, breaksOff }: Pick<Extract<Act, { kind: "cancel" }>, "clipId" | "breaksOff">,
  world: FaultyWorld,
  runtime: LocalRuntime,
  { records }: Deps,
): Promise<string> {
  const publish = async (events: readonly CamclipsEvent[]) => {
    world.published.push(...events);
    if (breaksOff) throw new Error("the command broke off");
    world.limbo.push(...events.map((event) => ({ atMs: world.now(), event })));
  };
  const remembering: ClipRecords = {
    ...records,
    putOnce(key, value, options) {
      const [kind, requestKey = ""] = key.name.split("/");
      if (kind === "terminal") world.cancellations.set((value as { cause: string }).cause, requestKey);
      return records.putOnce(key, value, options);
    },
  };
  const ports = { records: remembering, bus: { publish }, schedules: runtime.operator.schedules, clock: world };
  const { kind } = await cancelClip(clipId, ports).catch((error: unknown) => ({ kind: String(error) }));
  world.note(`cancel ${clipId}: ${kind}`);
  if (kind === "cancelled") world.cancelled.add(clipId);
  return kind;
}
