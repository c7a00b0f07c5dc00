import { type AnyEvent, pipeline, type StageName, takersOf } from "@camclips/events";
import type { Deps } from "../../../functions/src/runtime/deps.ts";
import type { StageHandler } from "../../../functions/src/runtime/process.ts";
import { deliver, type StageWorld } from "../stage-world.ts";

async function loadHandlers(): Promise<Map<string, StageHandler<Deps>>> {
  const handlers = new Map<string, StageHandler<Deps>>();
  for (const { stage } of pipeline) {
    const module = await import(`../../../functions/src/stages/${stage}.ts`);
    handlers.set(stage, module[stage.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())]);
  }
  return handlers;
}

/**
 * Gives a message to a stage, and what follows from it to the stages that take it, to the end.
 * @returns every event that was published.
 */
export async function runToEnd(
  stage: StageName,
  body: AnyEvent | unknown,
  world: StageWorld,
  onMessage: (stage: StageName) => void = () => {},
): Promise<AnyEvent[]> {
  const handlers = await loadHandlers();
  const before = world.published.length;
  const run = async (name: StageName, message: AnyEvent | unknown): Promise<void> => {
    onMessage(name);
    const events = await deliver(handlers.get(name) as StageHandler<Deps>, message, world);
    for (const event of events) for (const { stage: taker } of takersOf(event)) await run(taker, event);
  };
  await run(stage, body);
  return world.published.slice(before);
}
