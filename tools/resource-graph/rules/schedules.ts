import { arnOf, type Graph, listOf, resourcesOf, type Statement, statementsOf } from "../graph/graph.ts";
import { usesKey } from "./permissions.ts";
import { expectThat, type GraphRule } from "./rule.ts";
import { queueByArn, stageParts } from "./stage-parts.ts";

interface Wiring {
  scheduleRoleArn: string;
  scheduleDlqArn: string;
  scheduleGroup: string;
  stageQueues: Record<string, { arn: string; url: string }>;
}

function wiringOf(graph: Graph): Wiring | undefined {
  return graph.builds[0]?.links.Wiring as Wiring | undefined;
}

/** The schedules' role can send to the stages' queues and to its dead-letter queue, and do nothing else. */
export const schedulesReachQueuesOnly: GraphRule = (graph) => {
  const wiring = wiringOf(graph);
  const role = resourcesOf(graph, "aws:iam/role:Role").find((r) => arnOf(r) === wiring?.scheduleRoleArn);
  if (!wiring || !role) return ["schedules have no role"];
  const isOwn = stageParts(graph).every(({ queue }) => queue !== undefined);
  const forBrought = ({ Action, Resource }: Statement) =>
    !isOwn && listOf(Action).every((action) => listOf(Resource).every((resource) => usesKey({ action, resource })));
  const statements = role.inputs.inlinePolicies
    .flatMap(({ policy }) => statementsOf(policy))
    .filter((statement) => !forBrought(statement));
  const targets = statements.flatMap(({ Resource }) => listOf(Resource)).sort();
  const queues = [
    ...stageParts(graph).map(({ mapping }) => mapping?.inputs.eventSourceArn),
    wiring.scheduleDlqArn,
  ].sort();
  const [trust] = statementsOf(role.inputs.assumeRolePolicy);
  const [group] = resourcesOf(graph, "aws:scheduler/scheduleGroup:ScheduleGroup");
  return [
    ...expectThat(
      statements.every(({ Action }) => listOf(Action).join() === "sqs:SendMessage"),
      "schedules may do more than send",
    ),
    ...expectThat(targets.join() === queues.join(), "schedules reach other queues than the stages'"),
    ...expectThat(
      group !== undefined && trust?.Condition?.StringEquals?.["aws:SourceArn"] === arnOf(group),
      "schedules of somebody else may act in the role",
    ),
    ...expectThat(queueByArn(graph, wiring.scheduleDlqArn) !== undefined, "schedules have no dead-letter queue"),
  ];
};

/** A stage that the clock feeds is woken where somebody watches, and only by its clock. */
export const clocksGo: GraphRule = (graph) => {
  const clocks = resourcesOf(graph, "aws:scheduler/schedule:Schedule");
  const isWatched = graph.app.removal === "retain";
  return stageParts(graph).flatMap(({ row, mapping }) => {
    const own = clocks.filter(({ inputs }) => inputs.target.arn === mapping?.inputs.eventSourceArn);
    const rates = own.map(({ inputs }) => inputs.scheduleExpression).join();
    const wanted = row.input.from === "clock" && isWatched ? `rate(${row.input.everyMinutes} minutes)` : "";
    return expectThat(rates === wanted, `${row.stage} is woken "${rates}", not "${wanted}"`);
  });
};

/** What the functions are told of the stack exists. */
export const wiringIsComplete: GraphRule = (graph) =>
  graph.builds.flatMap(({ functionID, links }) => {
    const { stageQueues = {}, scheduleGroup, ...rest } = (links.Wiring ?? {}) as Partial<Wiring>;
    const parts = stageParts(graph);
    return [
      ...expectThat(
        Object.values(rest).every((value) => typeof value === "string" && value !== ""),
        `${functionID} is told nothing of some resource`,
      ),
      ...expectThat(
        resourcesOf(graph, "aws:scheduler/scheduleGroup:ScheduleGroup")[0]?.inputs.name === scheduleGroup,
        `${functionID} knows another schedule group`,
      ),
      ...parts.flatMap(({ part, mapping }) =>
        expectThat(
          stageQueues[part]?.url !== undefined && stageQueues[part].arn === mapping?.inputs.eventSourceArn,
          `${functionID} does not know the queue of ${part}`,
        ),
      ),
    ];
  });

/** Commands find the stage by its parameter, which says what `run()` returns. */
export const outputsArePublished: GraphRule = (graph) => {
  const [parameter] = resourcesOf(graph, "aws:ssm/parameter:Parameter");
  const { _protect, ...outputs } = graph.outputs;
  return [
    ...expectThat(
      parameter?.inputs.name === `/camclips/${graph.app.stage}/outputs`,
      "no parameter tells commands where the stage is",
    ),
    ...expectThat(
      JSON.stringify(JSON.parse(parameter?.inputs.value ?? "{}")) === JSON.stringify(outputs),
      "the parameter and the outputs differ",
    ),
  ];
};
