import { describe, expect, it } from "vitest";
import { complaintsAbout, storyOf } from "./check.ts";
import { type Ending, live, type Mutation } from "./drive.ts";
import { historyOf, quietHistory, withTwins } from "./history.ts";
import { asked, together, unchanged, withOutbox, withoutLastWords } from "./mutating.ts";

/** Half of the other histories have equal requests in them, too. */
const { FAULTS_RUNS = "20", FAULTS_FROM = "1" } = process.env;
const seeds = Array.from({ length: Math.ceil(Number(FAULTS_RUNS) / 10) }, (_, index) => Number(FAULTS_FROM) + index);

/** The footage is there, and the same clip is asked for four times within a second or two. */
const equal = quietHistory({ asked: withTwins([asked], [[210], [211], [212]]) });

/** The process of the clip that is cut dies whenever it begins, and nobody hears of it. */
const deadMaker: Mutation = (deps, world) => {
  let maker: string | undefined;
  const open: typeof deps.work.open = (key, signal) => {
    maker ??= key.split("/")[1];
    return key.split("/")[1] === maker ? Promise.reject(new Error("out of memory")) : deps.work.open(key, signal);
  };
  return withoutLastWords({ ...deps, work: { ...deps.work, open } }, world);
};

/** Events that are sent again to whom waits get lost. */
const lostWakes: Mutation = (deps, world) =>
  withOutbox({
    ...deps,
    bus: {
      publish: (events, signal) => {
        const known = new Set(world.published.map(({ metadata }) => metadata.id));
        const fresh = events.filter(({ type, metadata }) => type !== "SourcesLocated" || !known.has(metadata.id));
        return deps.bus.publish(fresh, signal);
      },
    },
  });

const withoutAlarms: Mutation = (deps) => ({
  ...deps,
  schedules: { unschedule: async () => {} },
  scheduler: {
    schedule: async (message, signal) =>
      message.queue === "download-sources" ? "scheduled" : deps.scheduler.schedule(message, signal),
  },
});

const kept: Mutation = (deps) => ({ ...deps, schedules: { unschedule: async () => {} } });

/** How many of the four clips were delivered. */
const delivered = ({ world }: Ending): number => world.puts.filter(({ status }) => status === "CLIP_AVAILABLE").length;

describe("clips that are asked for more than once", () => {
  it("are cut once, and each is answered once", async () => {
    await live(equal, async (ending) => {
      expect(await complaintsAbout(ending), storyOf(ending)).toEqual([]);
      const sums = ending.world.notifications.map(({ message }) => JSON.parse(message).clip.sha256);
      expect([delivered(ending), sums.length, new Set(sums).size]).toEqual([4, 4, 1]);
    });
    await live(equal, async ({ world }) => expect(world.renders).toBe(1));
  });

  it.each([
    ["the one that cuts dies without a word", deadMaker, 3],
    ["nobody is woken", together(lostWakes, kept), 4],
  ])("are there a little later when %s", async (_, circumstance, count) => {
    const check = async (ending: Ending) => {
      expect(await complaintsAbout(ending), storyOf(ending)).toEqual([]);
      expect(delivered(ending), storyOf(ending)).toBe(count);
    };
    await live(equal, check, circumstance);
  });

  it.each([
    ["the alarms of those that wait for one that dies", together(deadMaker, withoutAlarms), 3],
    ["to be woken, or their alarms", together(lostWakes, withoutAlarms), 4],
  ])("need %s", async (_, mutation, count) => {
    await live(equal, async (ending) => expect(delivered(ending)).toBeLessThan(count), mutation);
  });

  it.each(seeds)("are answered once each, with the same bytes, whatever goes wrong: seed %d", async (seed) => {
    const { outages, disturbances, overloads } = historyOf(seed);
    const history = { ...equal, seed, intensity: 0.1, outages, disturbances, overloads };
    const check = async (ending: Ending) => expect(await complaintsAbout(ending), storyOf(ending)).toEqual([]);
    await live(history, check, unchanged);
  });
});
