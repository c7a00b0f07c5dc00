import { QUEUE_RECEIVES } from "@camclips/events";
import { arnOf, type Graph, listOf, type Resource, resourcesOf, type Statement, statementsOf } from "../graph/graph.ts";
import { expectThat, type GraphRule } from "./rule.ts";
import { isDeadLetterQueue, queueByArn, redriveOf, stageParts } from "./stage-parts.ts";

const FOURTEEN_DAYS = 14 * 24 * 3600;

type Queue = Resource<"aws:sqs/queue:Queue">;

/** Every queue that somebody works on hands its hopeless messages to an existing queue that keeps them for long. */
export const queuesHaveDeadLetterQueues: GraphRule = (graph) =>
  stageParts(graph).flatMap(({ row, part, mapping, queue }) => {
    const own = mapping?.inputs.eventSourceArn.split(":")[5]?.startsWith(`camclips-${graph.app.stage}-`);
    if (!queue) return expectThat(row.input.from === "requests" && own === false, `${part} has no queue`);
    const redrive = redriveOf(queue);
    const dlq = queueByArn(graph, redrive?.deadLetterTargetArn);
    return [
      ...expectThat(dlq !== undefined, `${part}: the queue has no dead-letter queue`),
      ...expectThat(
        redrive?.maxReceiveCount === QUEUE_RECEIVES,
        `${part}: ${redrive?.maxReceiveCount} receives, which throttling uses up while no function runs`,
      ),
      ...expectThat(
        dlq?.inputs.messageRetentionSeconds === FOURTEEN_DAYS,
        `${part}: dead letters are not kept for 14 days`,
      ),
    ];
  });

/** AWS asks for six function time-outs; less, and a message is worked on twice at once. */
export const queuesOutwaitTheirFunctions: GraphRule = (graph) =>
  stageParts(graph).flatMap(({ part, queue, handler }) =>
    queue && handler
      ? expectThat(
          queue.inputs.visibilityTimeoutSeconds >= 6 * handler.inputs.timeout,
          `${part}: messages come back while the function may still work on them`,
        )
      : [],
  );

/** Encrypted, TLS only, and open to no service but the one rule that feeds the queue; those of a stage share its dead letters. */
export const queuesAreClosed: GraphRule = (graph) =>
  resourcesOf(graph, "aws:sqs/queue:Queue").flatMap((queue) => {
    const statements = policyOf(graph, queue);
    const allowed = statements.filter(({ Effect }) => Effect === "Allow");
    return [
      ...expectThat(queue.inputs.sqsManagedSseEnabled, `${queue.inputs.name} is not encrypted`),
      ...expectThat(statements.some(deniesPlainHttp), `${queue.inputs.name} accepts calls without TLS`),
      ...allowed.flatMap((statement) => feederComplaints(graph, queue, statement)),
    ];
  });

function policyOf(graph: Graph, queue: Queue): Statement[] {
  const policies = resourcesOf(graph, "aws:sqs/queuePolicy:QueuePolicy").filter(
    ({ inputs }) => inputs.queueUrl === queue.outputs.url,
  );
  return policies.flatMap(({ inputs }) => statementsOf(inputs.policy));
}

/** Whether a statement turns everybody away who comes without TLS. */
export function deniesPlainHttp({ Effect, Principal, Condition }: Statement): boolean {
  return Effect === "Deny" && Principal === "*" && Condition?.Bool?.["aws:SecureTransport"] === "false";
}

function feederComplaints(graph: Graph, queue: Queue, { Action, Condition }: Statement): string[] {
  const rules = new Set(resourcesOf(graph, "aws:cloudwatch/eventRule:EventRule").map(arnOf));
  const sources = listOf(Condition?.ArnEquals?.["aws:SourceArn"]);
  return [
    ...expectThat(listOf(Action).join() === "sqs:SendMessage", `${queue.inputs.name} lets a service do more than send`),
    ...expectThat(
      sources.length === rulesOf(graph, queue) && sources.every((source) => rules.has(String(source))),
      `${queue.inputs.name} names other rules than its own`,
    ),
  ];
}

/** How many rules fill a queue, or leave with it what they cannot deliver. */
function rulesOf(graph: Graph, queue: Queue): number {
  const arn = arnOf(queue);
  return resourcesOf(graph, "aws:cloudwatch/eventTarget:EventTarget").filter(
    ({ inputs }) => inputs.arn === arn || inputs.deadLetterConfig?.arn === arn,
  ).length;
}

/** EventBridge may not send where the policy does not name the rule: the event would be lost in silence. */
export const rulesMaySend: GraphRule = (graph) =>
  stageParts(graph).flatMap(({ part, targets, queue, dlq }) =>
    targets.flatMap(({ inputs }) => {
      const rule = resourcesOf(graph, "aws:cloudwatch/eventRule:EventRule").find((r) => r.inputs.name === inputs.rule);
      const admits = (target: Queue | undefined) =>
        target !== undefined &&
        rule !== undefined &&
        policyOf(graph, target).some(({ Condition }) =>
          listOf(Condition?.ArnEquals?.["aws:SourceArn"]).includes(arnOf(rule) ?? ""),
        );
      return [
        ...expectThat(admits(queue), `${part}: the queue does not admit its rule`),
        ...expectThat(admits(dlq), `${part}: the dead-letter queue does not admit the rule`),
      ];
    }),
  );

/** Every queue is either worked on by a stage or holds somebody's dead letters. */
export const noQueueIsOrphaned: GraphRule = (graph) => {
  const worked = new Set(stageParts(graph).map(({ queue }) => queue?.name));
  return resourcesOf(graph, "aws:sqs/queue:Queue").flatMap((queue) =>
    expectThat(worked.has(queue.name) || isDeadLetterQueue(queue), `nobody works on ${queue.inputs.name}`),
  );
};
