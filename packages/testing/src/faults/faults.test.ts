import { describe, expect, it } from "vitest";
import { complaintsAbout, storyOf } from "./check.ts";
import { type Ending, live } from "./drive.ts";
import { groupCircumstances, groupGuards } from "./group-mutations.ts";
import { historyOf, quietHistory } from "./history.ts";
import { brokenGuards, circumstances } from "./mutations.ts";
import { operatorCircumstances, operatorGuards } from "./operator-mutations.ts";
import { wakingCircumstances, wakingGuards } from "./waking-mutations.ts";

/** FAULTS_SEED=<n> runs one history, FAULTS_RUNS=<n> so many, from FAULTS_FROM on. */
const { FAULTS_SEED, FAULTS_RUNS = "2", FAULTS_FROM = "1" } = process.env;
const seeds = FAULTS_SEED
  ? [Number(FAULTS_SEED)]
  : Array.from({ length: Number(FAULTS_RUNS) }, (_, index) => Number(FAULTS_FROM) + index);

describe("whatever goes wrong", () => {
  it.each(seeds)("every request is answered once and nothing is left behind: seed %d", async (seed) => {
    await live(historyOf(seed), async (ending) => {
      const story = storyOf(ending);
      expect(await complaintsAbout(ending), story).toEqual([]);
    });
  });

  it("a quiet history ends as the contract says", async () => {
    await live(quietHistory(), async (ending) => {
      expect(await complaintsAbout(ending), storyOf(ending)).toEqual([]);
      expect(ending.world.puts.map(({ status }) => status)).toEqual(["CLIP_AVAILABLE"]);
    });
  });

  it.each([...circumstances, ...operatorCircumstances, ...groupCircumstances, ...wakingCircumstances])(
    "the guards hold when %s",
    async (_, circumstance, history, status) => {
      const check = async (ending: Ending) => {
        expect(await complaintsAbout(ending), storyOf(ending)).toEqual([]);
        expect(ending.world.puts.at(-1)?.status).toBe(status);
      };
      await live(history, check, circumstance);
    },
  );
});

it("an outage of a service of AWS is waited out: no dead letter, and subscribers are told when it is over", async () => {
  const history = quietHistory({ outages: [{ of: "topic", fromSeconds: 0, seconds: 820 }] });
  await live(history, async (ending) => {
    expect(await complaintsAbout(ending), storyOf(ending)).toEqual([]);
    expect(ending.deadLetters).toEqual([]);
    expect(ending.world.notifications.map(({ attributes }) => attributes.status)).toEqual(["CLIP_AVAILABLE"]);
  });
});

describe("the checks notice that a guard is gone:", () => {
  it.each([...brokenGuards, ...operatorGuards, ...groupGuards, ...wakingGuards])(
    "$guard",
    async ({ history, mutation, complaint }) => {
      const complaints = await live(history, complaintsAbout, mutation);
      expect(complaints.join("\n")).toMatch(complaint);
    },
  );
});
