import { type Lane, lanesOf, type PipelineStage, type Priority, pipeline, type StageName } from "@camclips/events";
import { processMessage } from "@camclips/functions";
import type { StageHandler } from "../../../functions/src/runtime/process.ts";
import { Agenda } from "./agenda.ts";
import { type Chance, chanceOf } from "./chance.ts";
import type { Load } from "./load.ts";
import { EPOCH, simulatedPorts } from "./ports.ts";
import { type SimulatedDeps, simulatedStages } from "./stages.ts";
import { Station } from "./station.ts";

export interface Answer {
  priority: Priority;
  askedMs: number;
  toldMs: number;
  status: string;
  reason: string | undefined;
}

export interface Simulated {
  /** One for each clip that was asked for. */
  answers: Answer[];
  /** Of a lane: `render-clip/high`. */
  stages: { stage: string; limit: number; busy: number; longestQueue: number }[];
  /** Clips that the limits let through in an hour. */
  capacityPerHour: number;
  /** Clips delivered by their deadline while the load lasts and queues are full, as a share of capacity. */
  goodput: number;
  dropped: number;
}

/** Reads of the record before a stage begins or drops its work. */
const DOOR_MS = 30;

/**
 * The pipeline on AWS in simulated time: the real wrapper, door and admission, and the real accept-request, publish-clip and
 * check-deadline, behind queues with a bounded number of functions. Work itself is only waited for.
 */
export async function simulate(load: Load): Promise<Simulated> {
  const { clipsPerHour, minutes, seed = 1, limits = {}, takesSeconds = {} } = load;
  const agenda = new Agenda();
  const chance = chanceOf(seed);
  const secondsOf = ({ stage, typicalSeconds }: PipelineStage) => takesSeconds[stage] ?? typicalSeconds;
  const limitOf = ({ stage, concurrency, lanes }: PipelineStage, lane?: Lane) =>
    limits[nameOf(stage, lane)] ?? (lane && lanes[lane]) ?? concurrency;

  const answers = new Map<string, Answer>();
  let dropped = 0;
  const send = (stage: StageName, body: string, lane?: Lane) =>
    stations.get(nameOf(stage, lane))?.send(body, EPOCH + Math.floor(agenda.now));
  const deps = simulatedPorts({
    agenda,
    load,
    limitOf,
    send,
    waiting: (stage, lane) => stations.get(nameOf(stage, lane))?.waiting ?? 0,
    onTold({ clipId, status, reason }) {
      const answer = answers.get(clipId);
      if (answer) Object.assign(answer, { status, reason, toldMs: agenda.now });
    },
    onDropped() {
      dropped += 1;
    },
  });

  const handlers = simulatedStages();
  const stations = new Map<string, Station>(
    rowsAndLanes().map(([row, lane]) => {
      const handler = handlers[row.stage] as StageHandler<SimulatedDeps>;
      const limit = isWatched(row) ? limitOf(row, lane) : Number.POSITIVE_INFINITY;
      const work = async ({ messageId, body, sentMs }: { messageId: string; body: string; sentMs: number }) => {
        if (isWatched(row)) await agenda.sleep(DOOR_MS);
        const message = { messageId, body: JSON.parse(body), sentMs, receiveCount: 1 };
        const work = () => agenda.sleep(chance.exponential(secondsOf(row) * 1000));
        await processMessage(handler, message, { ...deps, work }, new AbortController().signal);
      };
      return [nameOf(row.stage, lane), new Station(agenda, limit, work)];
    }),
  );
  ask(agenda, chance, load, answers, (body) => send("accept-request", body));
  await agenda.run();

  const perHour = pipeline.filter(isWatched).map((row) => (limitOf(row) / secondsOf(row)) * 3600);
  const capacityPerHour = Math.min(...perHour);
  return {
    answers: [...answers.values()],
    stages: rowsAndLanes()
      .filter(([row]) => isWatched(row))
      .map(([row, lane]) => {
        const stage = nameOf(row.stage, lane);
        const { busyMs = 0, longestQueue = 0 } = stations.get(stage) ?? {};
        return { stage, limit: limitOf(row, lane), busy: busyMs / (minutes * 60_000), longestQueue };
      }),
    capacityPerHour,
    goodput: goodputOf([...answers.values()], minutes * 60_000, Math.min(capacityPerHour, clipsPerHour)),
    dropped,
  };
}

const nameOf = (stage: string, lane: Lane | undefined): string => (lane ? `${stage}/${lane}` : stage);

function rowsAndLanes(): [row: PipelineStage & { stage: StageName }, lane: Lane | undefined][] {
  return pipeline.flatMap((row) => [undefined, ...lanesOf(row)].map((lane) => [row, lane] as const)) as never;
}

/** The stages on a clip's way; the others keep nobody waiting. */
const isWatched = ({ stage, leastSeconds }: PipelineStage): boolean =>
  leastSeconds > 0 || stage === "accept-request" || stage === "publish-clip";

function ask(
  agenda: Agenda,
  chance: Chance,
  { clipsPerHour, minutes, priorities = {} }: Load,
  answers: Map<string, Answer>,
  send: (body: string) => void,
): void {
  const gapMs = 3_600_000 / clipsPerHour;
  let index = 0;
  for (let at = chance.exponential(gapMs); at < minutes * 60_000; at += chance.exponential(gapMs)) {
    const clipId = `clip-${index++}`;
    const priority = priorityFor(chance, priorities);
    answers.set(clipId, { priority, askedMs: at, toldMs: Number.NaN, status: "none", reason: undefined });
    const range = { startTimestampInMs: EPOCH - 120_000, endTimestampInMs: EPOCH - 60_000 };
    const body = { clipId, cameraId: "cam-1", ...range, ...(priority !== "normal" && { priority }) };
    agenda.at(at, () => send(JSON.stringify(body)));
  }
}

function priorityFor(chance: Chance, { high = 0, low = 0 }: NonNullable<Load["priorities"]>): Priority {
  if (high + low === 0) return "normal";
  const share = chance.share();
  return share < high ? "high" : share < high + low ? "low" : "normal";
}

/** Over the second half of the load, when queues are as full as they get. */
function goodputOf(answers: readonly Answer[], loadMs: number, perHour: number): number {
  const [fromMs, toMs] = [loadMs / 2, loadMs];
  const delivered = answers.filter(
    ({ status, toldMs }) => status === "CLIP_AVAILABLE" && toldMs >= fromMs && toldMs < toMs,
  );
  return delivered.length / ((perHour * (toMs - fromMs)) / 3_600_000);
}
