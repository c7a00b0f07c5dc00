import type { ClipRecords } from "@camclips/core";
import { type AnyEvent, type CamclipsEvent, markRerun, parseEnvelope, stageNamed } from "@camclips/events";
import { cancelClip, type Deps, NOT_REDRIVEN, redrivenBody } from "@camclips/functions";
import type { LocalRuntime } from "@camclips/local";
import type { FaultyWorld } from "./faulty-world.ts";
import type { Act } from "./history.ts";

/** Does what an operator does, by the same rules as the commands for a deployment: what is sent again comes over the bus. */
export async function perform(act: Act, world: FaultyWorld, runtime: LocalRuntime, deps: Deps): Promise<void> {
  const id = `${act.kind}-${act.atSeconds}`;
  world.note(`the operator: ${JSON.stringify(act)}`);
  if (act.kind === "cancel") return cancel(act, world, runtime, deps);
  const events = act.kind === "replay" ? await archived(act, id, runtime) : await resting(id, world, runtime);
  world.limbo.push(...events.map((event) => ({ atMs: world.now(), event })));
}

/** The command replays into locate-sources. What a rerun led to is not archived a second time. */
async function archived(act: Extract<Act, { kind: "replay" }>, id: string, runtime: LocalRuntime): Promise<AnyEvent[]> {
  const events = await runtime.history(act.clipId);
  const requests = events.filter(({ type, metadata }) => type === "RequestAccepted" && !metadata.rerun);
  return requests.map((event) => markRerun(event, { id, notify: act.notify }));
}

/** Dead letters of accept-request are requests. */
async function resting(id: string, world: FaultyWorld, runtime: LocalRuntime): Promise<AnyEvent[]> {
  const letters = runtime.deadLetters().filter(({ queue }) => {
    const { input } = stageNamed(queue);
    return input.from === "bus" && queue !== NOT_REDRIVEN && queue !== "record-event";
  });
  return letters.map(({ queue, body }) => parseEnvelope(JSON.parse(redrivenBody(queue, body, id, world.now()) ?? "")));
}

/** A command that meets a fault ends with it; nobody tries again. */
async function cancel(
  { clipId, breaksOff }: Extract<Act, { kind: "cancel" }>,
  world: FaultyWorld,
  runtime: LocalRuntime,
  { records }: Deps,
): Promise<void> {
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
}
