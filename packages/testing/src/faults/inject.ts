import { setTimeout } from "node:timers/promises";
import {
  CameraServiceError,
  type ClipRecords,
  type EntryKey,
  type ObjectReader,
  type ObjectStore,
  type OpenObject,
  ServiceUnavailableError,
} from "@camclips/core";
import { createOutbox, type Deps } from "@camclips/functions";
import { type Dice, pick } from "./dice.ts";
import type { FaultyWorld } from "./faulty-world.ts";

/** One life of the process: from its start to the moment it is killed. After that nothing it does takes effect. */
export class Life {
  dead = false;
  readonly #onKill: () => void;
  constructor(onKill: () => void) {
    this.#onKill = onKill;
  }
  kill(): void {
    if (this.dead) return;
    this.dead = true;
    this.#onKill();
  }
}

class Killed extends Error {
  override name = "Killed";
}

const MOST_KILLS = 5;

/** The ways in which one effect can go wrong. `after`: it took place, and nobody learned of it. */
const WAYS = ["before", "before", "after", "after", "kill before", "kill after"] as const;
type Way = (typeof WAYS)[number];

/** Puts faults between the stages and the world. */
export function injectFaults(deps: Deps, world: FaultyWorld, life: Life): Deps {
  const strike = (about: string): Way | undefined => {
    if (life.dead) throw new Killed("the process is gone");
    if (world.healed) return undefined;
    const { time, numbers } = world.dice.roll(about);
    // The same thing does not go wrong for ever: what is tested is that trying again helps.
    if (time > 3 || numbers[0] >= world.history.intensity) return undefined;
    const way = pick(WAYS, numbers[1]);
    return way.startsWith("kill") && world.kills >= MOST_KILLS ? "before" : way;
  };

  const suffer = (way: Way | undefined, moment: "before" | "after", about: string, error: () => Error) => {
    if (way === moment || way === `kill ${moment}`) {
      world.note(`${way} ${about}`);
      if (way.startsWith("kill")) {
        world.kills += 1;
        life.kill();
        throw new Killed(`killed ${moment} ${about}`);
      }
      throw error();
    }
    if (life.dead) throw new Killed("the process is gone");
  };

  /** Half of what goes wrong is an outage, as its adapter tells it; the rest nobody has classified. */
  const failure = (about: string): Error => {
    const isOutage = world.dice.roll(`kind of ${about}`).numbers[0] < 0.5;
    return isOutage ? new ServiceUnavailableError(`503: ${about}`) : new Error(`something else: ${about}`);
  };

  async function effect<T>(
    about: string,
    run: () => Promise<T>,
    error: () => Error = () => failure(about),
  ): Promise<T> {
    const way = strike(about);
    suffer(way, "before", about, error);
    const result = await run();
    suffer(way, "after", about, error);
    return result;
  }

  const outage = (what: "topic" | "bus" | "records" | "work" | "scheduler", code: string) => {
    if (world.isDown(what)) throw new ServiceUnavailableError(`${code}: ${what}`);
  };

  const fullDisk = () => {
    if (world.isDown("disk")) throw new Error("ENOSPC: no space left on device");
  };

  const faulty: Deps = {
    ...deps,
    records: faultyRecords(deps.records, effect, world, () => outage("records", "503")),
    origin: faultyReader("origin", retained(deps.origin, world), effect, world.dice, world),
    backlog: { waitSeconds: () => effect("count", async () => world.backlogSeconds) },
    work: faultyStore("work", deps.work, effect, world, () => outage("work", "503")),
    destination: faultyStore("destination", deps.destination, effect, world, fullDisk),
    cameras: {
      alias: (cameraId, signal) => effect(`alias ${cameraId}`, () => deps.cameras.alias(cameraId, signal), transient),
      recordings: (...args) => effect(`recordings ${args[1]}`, () => deps.cameras.recordings(...args), transient),
      putClip: (clipId, body, signal) =>
        effect(
          `PUT ${clipId} ${(body as { status: string }).status}`,
          () => deps.cameras.putClip(clipId, body, signal),
          transient,
        ),
    },
    topic: {
      async notify(notification, signal) {
        outage("topic", "throttled");
        const { notificationId = "" } = notification.attributes;
        await effect(`SNS ${notificationId}`, async () => {
          await deps.topic.notify(notification, signal);
          world.told(notificationId, notification);
          // Another stage's fault has killed the process meanwhile: its entry cannot follow.
          if (life.dead) world.note(`killed after SNS ${notificationId}`);
        });
      },
    },
    scheduler: {
      async schedule(message, signal) {
        outage("scheduler", "throttled");
        world.mostTries = Math.max(world.mostTries, JSON.parse(message.body).detail?.metadata.attempt ?? 1);
        return effect(`schedule ${message.name}`, () => {
          world.scheduled.push(message.name);
          return deps.scheduler.schedule(message, signal);
        });
      },
    },
    schedules: {
      async unschedule(name, signal) {
        outage("scheduler", "throttled");
        await effect(`unschedule ${name}`, () => deps.schedules.unschedule(name, signal));
      },
    },
    bus: {
      async publish(events, signal) {
        for (const event of events) {
          outage("bus", "refused");
          const about = `publish ${event.metadata.id}`;
          await effect(about, async () => {
            world.published.push(event);
            const fate = world.healed ? undefined : world.dice.roll(`fate of ${event.metadata.id}`);
            const [chance, kind, delay] = fate?.numbers ?? [1, 0, 0];
            const bad = chance < world.history.intensity * 2;
            // Seconds mostly, now and then hours.
            const atMs = world.now() + (kind > 0.9 ? delay * 3 * 3_600_000 : delay * 30_000);
            if (bad) {
              world.note(`${kind < 0.5 ? "delayed" : "doubled"} ${event.type} ${event.metadata.id}`);
              world.limbo.push({ atMs, event });
            }
            if (!bad || kind >= 0.5) await deps.bus.publish([event], signal);
          });
        }
      },
    },
    async scratch() {
      fullDisk();
      return deps.scratch();
    },
  };
  // As on AWS, where a fault can come between the two.
  return { ...faulty, outbox: createOutbox(faulty) };
}

type Effect = <T>(about: string, run: () => Promise<T>, error?: () => Error) => Promise<T>;

const transient = (): Error => new CameraServiceError("the camera service did not answer", true);

const retained = (origin: ObjectReader, world: FaultyWorld): ObjectReader => ({
  open: async (key, signal) => (world.isGone(key) ? undefined : origin.open(key, signal)),
});

function faultyReader(name: string, store: ObjectReader, effect: Effect, dice: Dice, world: FaultyWorld): ObjectReader {
  return {
    open: (key, signal) =>
      effect(`${name} open ${key}`, async () => {
        const object = await store.open(key, signal);
        return object && cutOff(object, `${name} body ${key}`, dice, world);
      }),
  };
}

/** A second of the world's time between two chunks. */
const SLOW_MS = 50;

/** Bodies that are slow, or end in the middle for good, after all that the reader itself does against it. */
function cutOff(object: OpenObject, about: string, dice: Dice, world: FaultyWorld): OpenObject {
  const cut: OpenObject = Object.create(object);
  Object.defineProperty(cut, "stream", {
    async *value(start: number, end: number, signal?: AbortSignal) {
      const { time, numbers } = dice.roll(about);
      const bad = !world.healed && time <= 2 && numbers[0] < world.history.intensity;
      const slow = !world.healed && numbers[2] < world.history.intensity;
      if (slow) world.note(`slow ${about}`);
      for await (const chunk of object.stream(start, end, signal)) {
        if (slow) await setTimeout(SLOW_MS, undefined, { signal });
        yield bad ? chunk.subarray(0, Math.floor(chunk.byteLength * numbers[1])) : chunk;
        if (bad) {
          world.note(`cut off ${about}`);
          throw new Error("ECONNRESET");
        }
      }
    },
  });
  for (const property of ["size", "etag", "fetched"] as const)
    Object.defineProperty(cut, property, { get: () => object[property] });
  cut.read = (start, end, signal) => object.read(start, end, signal);
  return cut;
}

function faultyStore(
  name: string,
  store: ObjectStore,
  effect: Effect,
  world: FaultyWorld,
  check: () => void,
): ObjectStore {
  const reader = faultyReader(name, store, effect, world.dice, world);
  const write = async (key: string, ifAbsent: boolean | undefined, run: () => Promise<boolean>) => {
    check();
    const about = `${name} put ${key}`;
    const written = await effect(about, run);
    // The answer was lost and the client sent the write again: S3 says that the key is taken.
    const lost =
      ifAbsent && written && !world.healed && world.dice.roll(`lost ${about}`).numbers[0] < world.history.intensity / 2;
    if (lost) world.note(`412 for our own ${about}`);
    return written && !lost;
  };
  return {
    open: (key, signal) => reader.open(key, signal),
    info: (key, signal) => effect(`${name} info ${key}`, () => store.info(key, signal)),
    async get(key, signal) {
      check();
      return effect(`${name} get ${key}`, () => store.get(key, signal));
    },
    put: (key, body, options) => write(key, options.ifAbsent, () => store.put(key, body, options)),
    putStream: (key, open, bytes, options) =>
      write(key, options.ifAbsent, () => store.putStream(key, open, bytes, options)),
    copy: (from, key, options) => write(key, options.ifAbsent, () => store.copy(from, key, options)),
    list: (prefix, signal) => store.list(prefix, signal),
  };
}

/** The answer was lost and the client sent the write again: it is told that somebody else was first. */
function faultyRecords(records: ClipRecords, effect: Effect, world: FaultyWorld, check: () => void): ClipRecords {
  const name = ({ clipId, name }: EntryKey) => `${clipId} ${name}`;
  const isLost = (about: string) => {
    const lost = !world.healed && world.dice.roll(`lost ${about}`).numbers[0] < world.history.intensity / 2;
    if (lost) world.note(`refused our own ${about}`);
    return lost;
  };
  async function write<T>(about: string, run: () => Promise<T>): Promise<T> {
    check();
    return effect(about, run);
  }
  return {
    async get(key, signal) {
      check();
      return effect(`get ${name(key)}`, () => records.get(key, signal));
    },
    async putOnce(key, value, options) {
      const about = `put ${name(key)}`;
      const { stored, ours } = await write(about, async () => {
        const answer = await records.putOnce(key, value, options);
        if (key.name === "told") world.markedGroup(key.clipId.slice("group/".length));
        if (key.name.startsWith("notified/")) world.marked(key.name.split(/[/.]/)[1] ?? "");
        return answer;
      });
      return { stored, ours: ours && !isLost(about) };
    },
    async claimGroup(claim, signal) {
      const about = `claim of group ${claim.groupId}`;
      const { stored, ours } = await write(about, () => records.claimGroup(claim, signal));
      return { stored, ours: ours && !isLost(about) };
    },
    groups: records.groups,
    lease: (key, lease, signal) => write(`lease ${name(key)}`, () => records.lease(key, lease, signal)),
    release: (key, holder, signal) => write(`release ${name(key)}`, () => records.release(key, holder, signal)),
    setStatus: (status, signal) =>
      write(`status ${status.clipId} ${status.order}`, () => records.setStatus(status, signal)),
    status: records.status,
    history: records.history,
    inState: records.inState,
    ofCamera: records.ofCamera,
    setWaiting: (waiting, signal) =>
      write(`waiting ${waiting.request.clipId} ${waiting.request.retryTimestamps.length}`, () =>
        records.setWaiting(waiting, signal),
      ),
    waitingFor: records.waitingFor,
  };
}
