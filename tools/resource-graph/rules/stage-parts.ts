import { type PipelineStage, pipeline } from "@camclips/events";
import { arnOf, type FunctionBuild, type Graph, type Resource, resourcesOf } from "../graph/graph.ts";

/** What the graph holds for one row of the pipeline table, found by relation, never by name. */
export interface StageParts {
  row: PipelineStage;
  build?: FunctionBuild;
  handler?: Resource<"aws:lambda/function:Function">;
  role?: Resource<"aws:iam/role:Role">;
  mapping?: Resource<"aws:lambda/eventSourceMapping:EventSourceMapping">;
  /** Absent for a brought queue, too. */
  queue?: Resource<"aws:sqs/queue:Queue">;
  dlq?: Resource<"aws:sqs/queue:Queue">;
  /** Targets that deliver into the stage's queue. */
  targets: Resource<"aws:cloudwatch/eventTarget:EventTarget">[];
}

export const rows: readonly PipelineStage[] = pipeline;

/** The parts of every row. */
export function stageParts(graph: Graph): StageParts[] {
  return rows.map((row) => partsOf(graph, row));
}

function partsOf(graph: Graph, row: PipelineStage): StageParts {
  const build = graph.builds.find(({ handler }) => handler === `packages/functions/src/stages/${row.stage}.handler`);
  const handler = resourcesOf(graph, "aws:lambda/function:Function").find(
    ({ name }) => build && name === `${build.functionID}Function`,
  );
  const mapping = resourcesOf(graph, "aws:lambda/eventSourceMapping:EventSourceMapping").find(
    ({ inputs }) => inputs.functionName === handler?.inputs.name,
  );
  const queue = queueByArn(graph, mapping?.inputs.eventSourceArn);
  return {
    row,
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
