import type { Backlog } from "@camclips/core";
import { queuesAhead, waitSeconds } from "@camclips/core/admission";
import {
  type CamclipsEvent,
  type Lane,
  lanesOf,
  type PipelineStage,
  readSettings,
  type StageName,
  takersOf,
  toEnvelope,
} from "@camclips/events";
import { createOutbox } from "@camclips/functions";
import type { Agenda } from "./agenda.ts";
import type { Load } from "./load.ts";
import { memoryRecords } from "./memory-records.ts";
import type { SimulatedDeps } from "./stages.ts";

/** When the simulation begins. */
export const EPOCH = Date.UTC(2026, 10, 23, 12);

/** SQS's counts are that old at most, as a rule. */
const COUNT_AGE_MS = 30_000;

interface Surroundings {
  agenda: Agenda;
  load: Load;
  limitOf(row: PipelineStage, lane?: Lane): number;
  send(stage: StageName, body: string, lane?: Lane): void;
  /** Messages in a stage's queue, or in that of its lane. */
  waiting(stage: StageName, lane: Lane | undefined): number;
  onTold(metadata: { clipId: string; status: string; reason?: string }): void;
  onDropped(): void;
}

/** The services around the stages, in memory and in simulated time. */
export function simulatedPorts({ agenda, load, send, ...world }: Surroundings): Omit<SimulatedDeps, "work"> {
  const records = memoryRecords();
  const bus = {
    publish: async (events: readonly CamclipsEvent[]) => {
      for (const event of events)
        for (const { stage, lane } of takersOf(event)) send(stage, JSON.stringify(toEnvelope(event)), lane);
    },
  };
  return {
    records,
    bus,
    outbox: createOutbox({ records, bus }),
    settings: readSettings({
      CAM_SERVICES_URL: "https://cams.test.com",
      RECORDINGS_URL: "https://recordings.test.com",
      CLIP_URL: "https://clips.test.com",
      S3_BUCKET_ORIGIN: "recordings",
      ...load.settings,
    }),
    destination: { info: async () => undefined },
    destinationBucket: "clips",
    clock: { now: () => EPOCH + Math.floor(agenda.now) },
    log: { info() {}, warn() {}, error() {} },
    metrics: {
      add(name) {
        if (name === "Dropped") world.onDropped();
      },
    },
    backlog: load.admission === false ? { waitSeconds: async () => 0 } : countedBacklog(agenda, world),
    scheduler: {
      async schedule({ atMs, queue, lane, body }) {
        agenda.at(atMs - EPOCH, () => send(queue === "requests" ? "accept-request" : queue, body, lane));
        return "scheduled";
      },
    },
    schedules: { unschedule: async () => {} },
    cameras: { alias: async () => "", recordings: async () => [], putClip: async () => {} },
    topic: { notify: async ({ message }) => world.onTold(JSON.parse(message)) },
  };
}

function countedBacklog(agenda: Agenda, { limitOf, waiting }: Pick<Surroundings, "limitOf" | "waiting">): Backlog {
  const rows = queuesAhead.map((row) => ({
    ...row,
    concurrency: limitOf(row),
    lanes: Object.fromEntries(lanesOf(row).map((lane) => [lane, limitOf(row, lane)])),
  }));
  const counted = new Map<Lane | undefined, { seconds: number; atMs: number }>();
  return {
    async waitSeconds(lane) {
      const latest = counted.get(lane);
      if (latest && agenda.now - latest.atMs < COUNT_AGE_MS) return latest.seconds;
      const seconds = waitSeconds(waiting, lane, rows);
      counted.set(lane, { seconds, atMs: agenda.now });
      return seconds;
    },
  };
}
