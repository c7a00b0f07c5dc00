import type { ClipRecords, EntryKey } from "@camclips/core";
import { createOutbox, type Deps } from "@camclips/functions";
import type { Mutation } from "./drive.ts";
import { type History, quietHistory } from "./history.ts";

/** What mutations are made of. */

export interface Broken {
  guard: string;
  mutation: Mutation;
  /** A history in which the guard is what saves the day. */
  history: History;
  /** What the checks must say. */
  complaint: RegExp;
}

/** Circumstances in which all guards hold, and what the camera service is told last. */
export type Circumstance = [name: string, circumstance: Mutation, history: History, status: string];

/** The outbox stands on the records and the bus: it must see a mutation of either. */
export const withOutbox = (deps: Deps): Deps => ({ ...deps, outbox: createOutbox(deps) });

export const withRecords =
  (change: (records: ClipRecords) => Partial<ClipRecords>): Mutation =>
  (deps) =>
    withOutbox({ ...deps, records: { ...deps.records, ...change(deps.records) } });

/** As if the entries were not there, and nobody held a lease. */
export const forgetting =
  (forgotten: (key: EntryKey) => boolean) =>
  (records: ClipRecords): Partial<ClipRecords> => ({
    get: async (key, signal) => (forgotten(key) ? undefined : records.get(key, signal)),
    lease: async (key, lease, signal) => (forgotten(key) ? { kind: "taken" } : records.lease(key, lease, signal)),
    putOnce: async (key, value, options) =>
      forgotten(key) ? { stored: value, ours: true } : records.putOnce(key, value, options),
  });

export const asked = quietHistory().asked[0] as History["asked"][number];

export const withoutFootage = quietHistory({
  recordings: quietHistory().recordings.map(() => ({ listedSeconds: null, storedSeconds: null, broken: false })),
  asked: [{ ...asked, sentSeconds: [40] }],
});

export const unchanged: Mutation = (deps) => deps;

export const brokenRender: Mutation = (deps) => ({
  ...deps,
  scratch: () => Promise.reject(new Error("out of memory")),
});

/** No event tells of a stage that gave up: as when its process was killed at the last delivery. */
export const withoutLastWords: Mutation = (deps) =>
  withOutbox({
    ...deps,
    bus: {
      publish: (events, signal) =>
        deps.bus.publish(
          events.filter((event) => event.type !== "ClipFailed" || event.metadata.hops < 3),
          signal,
        ),
    },
  });

export const together =
  (...mutations: Mutation[]): Mutation =>
  (deps, world) =>
    mutations.reduce((mutated, mutation) => mutation(mutated, world), deps);
