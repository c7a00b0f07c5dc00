import { deployedRows, type Lane, lane, lanesOf, type PipelineStage } from "@camclips/events";
import { arnOf, type FunctionBuild, type Graph, type Resource, resourcesOf } from "../graph/graph.ts";

/** What the graph holds for one queue of a row of the pipeline table, found by relation, never by name. */
export interface StageParts {
  row: PipelineStage;
  /** Absent for the row's usual queue. */
  lane: Lane | undefined;
  /** What it is called: `render-clip`, or `render-clip-high` for its lane. */
  part: string;
  build?: FunctionBuild;
  handler?: Resource<"aws:lambda/function:Function">;
  role?: Resource<"aws:iam/role:Role">;
  mapping?: Resource<"aws:lambda/eventSourceMapping:EventSourceMapping">;
  /** Absent for a brought queue, too. */
  queue?: Resource<"aws:sqs/queue:Queue">;
  dlq?: Resource<"aws:sqs/queue:Queue">;
  /** Targets that deliver into the queue. */
  targets: Resource<"aws:cloudwatch/eventTarget:EventTarget">[];
}

/** The rows that the stage's settings ask for, as its functions are told them. */
export function rowsIn(graph: Graph): readonly PipelineStage[] {
  const [handler] = resourcesOf(graph, "aws:lambda/function:Function");
  return deployedRows({ EARLY_WAKE: handler?.inputs.environment.variables.EARLY_WAKE === "true" });
}

/** The parts of every row: the usual queue's, then its lanes'. */
export function stageParts(graph: Graph): StageParts[] {
  return rowsIn(graph).flatMap((row) => [undefined, ...lanesOf(row)].map((lane) => partsOf(graph, row, lane)));
}

function partsOf(graph: Graph, row: PipelineStage, lane: Lane | undefined): StageParts {
  const build = graph.builds.find(({ handler }) => handler === `packages/functions/src/stages/${row.stage}.handler`);
  const handler = resourcesOf(graph, "aws:lambda/function:Function").find(
    ({ name }) => build && name === `${build.functionID}Function`,
  );
  const mapping = resourcesOf(graph, "aws:lambda/eventSourceMapping:EventSourceMapping").find(
    ({ inputs }) =>
      inputs.functionName === handler?.inputs.name && lanesInto(graph, inputs.eventSourceArn).includes(lane),
  );
  const queue = queueByArn(graph, mapping?.inputs.eventSourceArn);
  return {
    row,
    lane,
    part: lane ? `${row.stage}-${lane}` : row.stage,
    build,
    handler,
    role: resourcesOf(graph, "aws:iam/role:Role").find((role) => arnOf(role) === handler?.inputs.role),
    mapping,
    queue,
    dlq: queue && queueByArn(graph, redriveOf(queue)?.deadLetterTargetArn),
    targets: resourcesOf(graph, "aws:cloudwatch/eventTarget:EventTarget").filter(
      ({ inputs }) => inputs.arn === mapping?.inputs.eventSourceArn,
    ),
  };
}

/** What events take a queue, by the rules that fill it: undefined are those without a lane. */
function lanesInto(graph: Graph, queueArn: string): (Lane | undefined)[] {
  const targets = resourcesOf(graph, "aws:cloudwatch/eventTarget:EventTarget").filter(
    ({ inputs }) => inputs.arn === queueArn,
  );
  return targets.length === 0 ? [undefined] : targets.flatMap(({ inputs }) => lanesOfRule(graph, inputs.rule));
}

const EVERY_LANE = [undefined, ...lane.options];

/** The lanes that a rule's pattern lets through: undefined are events without one, and where it says nothing any. */
export function lanesOfRule(graph: Graph, name: string): (Lane | undefined)[] {
  const rule = resourcesOf(graph, "aws:cloudwatch/eventRule:EventRule").find(({ inputs }) => inputs.name === name);
  const { detail } = JSON.parse(rule?.inputs.eventPattern ?? "{}") as {
    detail?: { metadata?: { lane: (Lane | { exists: boolean })[] } };
  };
  return detail?.metadata?.lane.map((name) => (typeof name === "string" ? name : undefined)) ?? EVERY_LANE;
}

export function queueByArn(graph: Graph, arn: string | undefined): Resource<"aws:sqs/queue:Queue"> | undefined {
  return resourcesOf(graph, "aws:sqs/queue:Queue").find((queue) => arnOf(queue) === arn);
}

/** A queue's redrive policy, if it has one. */
export function redriveOf(queue: Resource<"aws:sqs/queue:Queue">) {
  const { redrivePolicy } = queue.inputs;
  return redrivePolicy
    ? (JSON.parse(redrivePolicy) as { deadLetterTargetArn: string; maxReceiveCount: number })
    : undefined;
}

/** Dead-letter queues: those that a queue's redrive policy or a schedule names. They are the ones without redrive. */
export function isDeadLetterQueue(queue: Resource<"aws:sqs/queue:Queue">): boolean {
  return queue.inputs.redrivePolicy === undefined;
}
