import { type Graph, resourcesOf } from "./graph/graph.ts";
import { complaintsAbout } from "./rules/index.ts";
import { acceptedWildcards, hasWildcard, permissionsOf } from "./rules/permissions.ts";
import { type StageParts, stageParts } from "./rules/stage-parts.ts";

/** The graph as a reviewer reads it: each stage with what feeds it, how it runs and what it may do, then the rest. */
export function review(graph: Graph): string {
  const { stage, removal, protect } = graph.app;
  const counts = Object.entries(Object.groupBy(graph.resources, ({ type }) => type.split(":")[0] ?? ""));
  return [
    `camclips ${stage}: ${graph.resources.length} resources (${counts.map(([kind, list]) => `${kind} ${list?.length}`).join(", ")}), removal "${removal}", ${protect ? "protected" : "not protected"}`,
    ...stageParts(graph).flatMap((parts) => ["", ...stageReview(graph, parts)]),
    "",
    ...section("Buckets", bucketLines(graph)),
    ...section("Brought by the environment", broughtLines(graph)),
    ...section(
      "Alarms",
      resourcesOf(graph, "aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs.name),
    ),
    ...section(
      "Wildcards, and why",
      acceptedWildcards.map(({ actions, reason }) => `${plain(actions)}: ${reason}`),
    ),
    ...section(
      "Complaints",
      Object.entries(complaintsAbout(graph)).flatMap(([rule, complaints]) => complaints.map((c) => `${rule}: ${c}`)),
    ),
  ].join("\n");
}

function section(title: string, lines: string[]): string[] {
  return [`${title}${lines.length === 0 ? ": none" : ""}`, ...lines.map((line) => `  ${line}`), ""];
}

function stageReview(
  graph: Graph,
  { row, part, queue, dlq, targets, handler, role, mapping, build }: StageParts,
): string[] {
  const feeds = row.input.from === "bus" ? row.input.events.join(", ") : row.input.from;
  const permissions = permissionsOf(graph).filter((permission) => permission.role === role?.name);
  const may = Map.groupBy(permissions, ({ resource }) => resource);
  const function_ = handler?.inputs;
  return [
    part,
    `  takes   ${feeds}${targets.length > 0 ? `, by the rule ${targets.map(({ inputs }) => inputs.rule).join(", ")}` : ""}`,
    `  queue   ${mapping?.inputs.eventSourceArn}${queue ? `, hides for ${queue.inputs.visibilityTimeoutSeconds} s` : ""}`,
    `  letters ${dlq ? `${dlq.inputs.name} after ${row.maxReceives} deliveries` : "with the queue's owner"}`,
    `  runs    ${build?.handler}: ${function_?.memorySize} MB, ${function_?.timeout} s, /tmp ${function_?.ephemeralStorage.size} MB, ` +
      `batches of ${mapping?.inputs.batchSize}, at most ${mapping?.inputs.scalingConfig?.maximumConcurrency} at once${row.ffmpeg ? ", with ffmpeg" : ""}`,
    ...[...may].map(
      ([resource, list], index) =>
        `  ${index === 0 ? "may    " : "       "} ${list.map(({ action }) => action).join(", ")}  ${resource}${list.some(hasWildcard) ? "  (*)" : ""}`,
    ),
  ];
}

function bucketLines(graph: Graph): string[] {
  const type = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
  return resourcesOf(graph, "aws:s3/bucket:Bucket").map(({ inputs, retained }) => {
    const rules = resourcesOf(graph, type).find((other) => other.inputs.bucket === inputs.bucket)?.inputs.rules ?? [];
    const expiries = rules.flatMap(({ filter, expiration }) =>
      expiration ? [`${filter?.prefix || "everything"} after ${expiration.days} days`] : [],
    );
    const fate = retained ? "retained" : "removed with the stage";
    return `${inputs.bucket}: ${fate}; ${expiries.length > 0 ? `expires ${expiries.join(", ")}` : "expires nothing"}`;
  });
}

/** Resources that the stage uses without owning them. */
function broughtLines(graph: Graph): string[] {
  const own = new Set(graph.resources.flatMap(({ outputs }) => [outputs.arn, outputs.url, outputs.bucket]));
  const named = ["originBucket", "destinationBucket", "topicArn", "requestQueueUrl"];
  return named.flatMap((name) => (own.has(graph.outputs[name]) ? [] : [`${name}: ${graph.outputs[name]}`]));
}

function plain(pattern: RegExp): string {
  return pattern.source.replace(/[\^$]/g, "");
}
