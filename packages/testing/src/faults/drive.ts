import { join } from "node:path";
import type { DeadLetter } from "@camclips/core";
import type { Deps } from "@camclips/functions";
import { LocalRuntime } from "@camclips/local";
import { testFolder } from "../folders.ts";
import { fakeMedia } from "../stage-world.ts";
import { EPOCH, FaultyWorld } from "./faulty-world.ts";
import type { Asked, Fault, Grouped, History, Outage } from "./history.ts";
import { injectFaults, Life } from "./inject.ts";
import { cancelRenders, perform, redriveWhatNobodyWatches } from "./operator.ts";

/** Breaks a guard of the product on purpose: the checks must notice. */
export type Mutation = (deps: Deps, world: FaultyWorld) => Deps;

/** Everything that a check looks at, after all is over. */
export interface Ending {
  world: FaultyWorld;
  /** The last process, at rest. */
  runtime: LocalRuntime;
  deadLetters: DeadLetter[];
  /** Why the history did not come to an end; undefined when it did. */
  endless: string | undefined;
  /** Runs what was put on the bus since to its end. */
  settle(): Promise<string | undefined>;
}

interface Step {
  atMs: number;
  run(): Promise<void>;
}

/** More than any history needs: beyond this it goes round for ever. */
const MOST_STEPS = 3000;

/** Faults end here, long before the first deadline, but for outages that last longer. */
const FAULTS_END_SECONDS = 3000;

/** Lives through a history: requests, faults, kills, restarts, until nothing is left to do; then hands over to `check`. */
export async function live<T>(
  history: History,
  check: (ending: Ending) => Promise<T>,
  mutate: Mutation = (deps) => deps,
): Promise<T> {
  await using folder = await testFolder();
  using world = new FaultyWorld(history, folder.path);
  let process = await begin(world, mutate);
  /** A queue takes messages whoever is gone: the next process finds them. */
  const send = async (sending: (runtime: LocalRuntime) => Promise<void>): Promise<void> => {
    try {
      await sending(process.runtime);
    } catch (error) {
      if (!process.life.dead) throw error;
      await process.stop();
      process = await begin(world, mutate);
      await send(sending);
    }
  };
  const steps: Step[] = [
    ...history.asked.flatMap((asked) =>
      asked.sentSeconds.map((seconds, index) => ({
        atMs: EPOCH + seconds * 1000,
        run: () => send((runtime) => runtime.request(bodyOf(asked, index === 0 ? asked.fault : undefined))),
      })),
    ),
    ...history.groups.flatMap((group) =>
      group.sentSeconds.map((seconds) => ({
        atMs: EPOCH + seconds * 1000,
        run: () => send((runtime) => runtime.request(groupBodyOf(group))),
      })),
    ),
    ...(history.news ?? []).map((news) => {
      const { atMs, body } = world.newsOf(news);
      const run = async () => {
        await world.store();
        await send((runtime) => runtime.send("wake-clips", body));
      };
      return { atMs, run };
    }),
    ...history.disturbances.map((disturbance) => ({
      atMs: EPOCH + disturbance.atSeconds * 1000,
      run: async () => {
        if (disturbance.kind === "jump") {
          world.note(`the clock jumps by ${disturbance.bySeconds} s`);
          world.jump(disturbance.bySeconds);
        } else {
          world.note("restart");
          await process.stop();
          process = await begin(world, mutate);
        }
      },
    })),
    ...history.acts.flatMap((act) =>
      act.kind === "cancel-render"
        ? []
        : [
            {
              atMs: EPOCH + act.atSeconds * 1000,
              run: () => perform(act, world, process.runtime, process.deps),
            },
          ],
    ),
    {
      atMs: EPOCH + Math.max(FAULTS_END_SECONDS, ...history.outages.map(endOf)) * 1000,
      run: async () => {
        world.healed = true;
      },
    },
  ].sort((a, b) => a.atMs - b.atMs);

  const settle = async (): Promise<string | undefined> => {
    for (let count = 0; count < MOST_STEPS; count += 1) {
      await process.rest();
      if (process.life.dead) {
        await process.stop();
        process = await begin(world, mutate);
        continue;
      }
      const next = Math.min(
        ...process.runtime.schedules.map(({ atMs }) => atMs),
        ...world.limbo.map(({ atMs }) => atMs),
        ...steps.map(({ atMs }) => atMs),
      );
      if (next === Number.POSITIVE_INFINITY) return undefined;
      world.advanceTo(next);
      for (const step of steps.splice(0, steps.filter(({ atMs }) => atMs <= world.now()).length)) await step.run();
      const due = world.limbo.filter(({ atMs }) => atMs <= world.now());
      try {
        for (const late of due) {
          await process.bus.publish([late.event]);
          world.limbo.splice(world.limbo.indexOf(late), 1);
        }
        await process.runtime.fireDue();
      } catch (error) {
        // Killed meanwhile: the next process finds what is left.
        if (!process.life.dead) throw error;
      }
    }
    const left = process.runtime.schedules.map(({ name }) => name);
    return `after ${MOST_STEPS} steps there is still ${left.join(", ")} and ${world.limbo.length} late events`;
  };

  try {
    let endless = await settle();
    if (endless === undefined && redriveWhatNobodyWatches(world, process.runtime)) endless = await settle();
    const { runtime } = process;
    const deadLetters = runtime.deadLetters();
    return await check({ world, runtime, deadLetters, endless, settle });
  } finally {
    await process.stop();
  }
}

const endOf = ({ fromSeconds, seconds }: Outage): number => fromSeconds + seconds;

interface Process {
  runtime: LocalRuntime;
  life: Life;
  /** The bus itself, beneath the faults. */
  bus: Deps["bus"];
  /** What a stage sees: the world with its faults. */
  deps: Deps;
  /** Resolves when nothing is under way, or the process was killed. */
  rest(): Promise<void>;
  stop(): Promise<void>;
}

async function begin(world: FaultyWorld, mutate: Mutation): Promise<Process> {
  let bus: Deps["bus"] | undefined;
  let seen: Deps | undefined;
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= runtime.stop();
    return stopped;
  };
  const killed = new AbortController();
  const life = new Life(() => {
    void stop();
    killed.abort();
  });
  const runtime = new LocalRuntime({
    root: join(world.folder, "state"),
    settings: world.settings,
    origin: world.origin,
    destination: world.destination,
    destinationBucket: "clips",
    media: fakeMedia(() => {
      world.renders += 1;
    }),
    engine: async () => "engine-1",
    cameras: world.cameras,
    clock: world,
    redeliverAfterMs: () => 1,
    decorate(deps) {
      bus = deps.bus;
      seen = mutate(cancelRenders(injectFaults(deps, world, life), world, runtime), world);
      return seen;
    },
  });
  await runtime.start();
  if (!bus || !seen) throw new Error("the runtime was not decorated");
  return {
    runtime,
    life,
    bus,
    deps: seen,
    async rest() {
      try {
        await runtime.idle({ ignore: () => true, signal: killed.signal });
      } catch (error) {
        await stop();
        if (!life.dead) throw error;
      }
    },
    stop,
  };
}

/** The fault of an item stays: the same group again is the same group. */
function groupBodyOf({ groupId, items }: Grouped): string {
  return JSON.stringify({ groupId, items: items.map((item) => askedOf(item, item.fault)) });
}

function bodyOf(asked: Asked, fault?: Fault): string {
  const body = askedOf(asked, fault);
  if (!asked.python) return JSON.stringify(body);
  const literal = JSON.stringify({ ...body, endTimestampInMs: String(body.endTimestampInMs) });
  return literal.replaceAll('"', "'").replace("'clipId':", "'clipId': u");
}

function askedOf({ clipId, cameraId, startSeconds, endSeconds, gapPolicy }: Asked, fault?: Fault) {
  const startTimestampInMs = EPOCH + startSeconds * 1000;
  const valid = { clipId, cameraId, startTimestampInMs, endTimestampInMs: EPOCH + endSeconds * 1000, gapPolicy };
  const faults: Record<Fault, object> = {
    endTimestampInMs: { endTimestampInMs: startTimestampInMs },
    gapPolicy: { gapPolicy: "BLACK" },
    precision: { precision: "best" },
    retryTimestamps: { retryTimestamps: ["soon"] },
  };
  return { ...valid, ...(fault && faults[fault]) };
}
