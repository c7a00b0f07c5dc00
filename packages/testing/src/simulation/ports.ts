import { queuesAhead, waitSeconds } from "@camclips/core/admission";
import {
  type AnyEvent,
  type CamclipsEvent,
  type PipelineStage,
  pipeline,
  readSettings,
  type StageName,
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
  limitOf(row: PipelineStage): number;
  send(stage: StageName, body: string): void;
  /** Messages in a stage's queue. */
  waiting(stage: StageName): number;
  onTold(metadata: { clipId: string; status: string; reason?: string }): void;
  onDropped(): void;
}

/** The services around the stages, in memory and in simulated time. */
export function simulatedPorts({ agenda, load, send, ...world }: Surroundings): Omit<SimulatedDeps, "work"> {
  const records = memoryRecords();
  const bus = {
    publish: async (events: readonly CamclipsEvent[]) => {
      for (const event of events)
        for (const stage of takersOf(event as AnyEvent)) send(stage, JSON.stringify(toEnvelope(event)));
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
      async schedule({ atMs, queue, body }) {
        agenda.at(atMs - EPOCH, () => send(queue === "requests" ? "accept-request" : queue, body));
        return "scheduled";
      },
    },
    cameras: { alias: async () => "", recordings: async () => [], putClip: async () => {} },
    topic: { notify: async ({ message }) => world.onTold(JSON.parse(message)) },
  };
}

function countedBacklog(agenda: Agenda, { limitOf, waiting }: Pick<Surroundings, "limitOf" | "waiting">) {
  const rows = queuesAhead.map((row) => ({ ...row, concurrency: limitOf(row) }));
  let counted = { seconds: 0, atMs: -COUNT_AGE_MS };
  return {
    async waitSeconds() {
      if (agenda.now - counted.atMs >= COUNT_AGE_MS)
        counted = { seconds: waitSeconds(waiting, rows), atMs: agenda.now };
      return counted.seconds;
    },
  };
}

function takersOf({ type }: AnyEvent): StageName[] {
  return pipeline.flatMap(({ stage, input }) =>
    input.from === "bus" && (input.events as readonly string[]).includes(type) ? [stage] : [],
  );
}
