import { catalog, EVENT_SOURCE, lanesOf } from "@camclips/events";
import { arnOf, type Graph, listOf, resourcesOf, statementsOf } from "../graph/graph.ts";
import { expectThat, type GraphRule } from "./rule.ts";
import { lanesOfRule, type StageParts, stageParts } from "./stage-parts.ts";

interface Pattern {
  source?: string[];
  "detail-type"?: string[];
}

/** Every event reaches exactly the stages that the table names, in the lane of its clip, each through one rule with an explicit pattern. */
export const eventsReachTheirStages: GraphRule = (graph) => {
  const parts = stageParts(graph);
  const names = (list: { part: string }[]) =>
    list
      .map(({ part }) => part)
      .sort()
      .join(", ") || "nobody";
  return catalog.flatMap(({ type }) => {
    const wanted = parts.filter(({ row: { input } }) => input.from === "bus" && input.events.includes(type));
    const actual = parts.filter((part) =>
      part.targets.some(({ inputs: { rule } }) => typesOf(graph, rule).includes(type) && letsOnly(graph, rule, part)),
    );
    const [should, does] = [names(wanted), names(actual)];
    return expectThat(should === does, `${type} should reach ${should}, but reaches ${does}`);
  });
};

/** A stage without lanes takes events of every lane. */
const letsOnly = (graph: Graph, rule: string, { row, lane }: StageParts): boolean => {
  const lanes = lanesOfRule(graph, rule);
  return lanes.includes(lane) && (lanes.length === 1) === lanesOf(row).length > 0;
};

function typesOf(graph: Graph, ruleName: string): string[] {
  const found = resourcesOf(graph, "aws:cloudwatch/eventRule:EventRule").find(({ inputs }) => inputs.name === ruleName);
  return found ? ((JSON.parse(found.inputs.eventPattern) as Pattern)["detail-type"] ?? []) : [];
}

/** A rule without a pattern takes every event, and the chain becomes an endless loop. */
export const rulesNameTheirEvents: GraphRule = (graph) =>
  resourcesOf(graph, "aws:cloudwatch/eventRule:EventRule").flatMap(({ name, inputs }) => {
    // The account's own bus has no event of ours.
    if (inputs.eventBusName === undefined) return [];
    const pattern = JSON.parse(inputs.eventPattern ?? "{}") as Pattern;
    const known = new Set<string>(catalog.map(({ type }) => type));
    const types = pattern["detail-type"] ?? [];
    return [
      ...expectThat(pattern.source?.join() === EVENT_SOURCE, `${name} does not name the source`),
      ...expectThat(types.length > 0 && types.every((type) => known.has(type)), `${name} does not name its events`),
    ];
  });

/** New objects of the origin wake clips where that is on: those of the recordings' folder, and no other bucket's. */
export const newRecordingsWakeClips: GraphRule = (graph) =>
  stageParts(graph).flatMap(({ row, part, role, handler, targets }) => {
    if (row.input.from !== "origin") return [];
    const { S3_BUCKET_ORIGIN_DIR: folder } = handler?.inputs.environment.variables ?? {};
    const { originBucket } = graph.outputs as { originBucket: string };
    const own = resourcesOf(graph, "aws:s3/bucket:Bucket").some(({ inputs }) => inputs.bucket === originBucket);
    const tells = resourcesOf(graph, "aws:s3/bucketNotification:BucketNotification").some(
      ({ inputs }) => inputs.bucket === originBucket && inputs.eventbridge === true,
    );
    const rules = resourcesOf(graph, "aws:cloudwatch/eventRule:EventRule").filter((rule) =>
      targets.some(({ inputs }) => inputs.rule === rule.inputs.name && inputs.eventBusName === undefined),
    );
    const patterns = rules.map(({ inputs }) => JSON.parse(inputs.eventPattern) as ObjectPattern);
    const queries = (role?.inputs.inlinePolicies ?? [])
      .flatMap(({ policy }) => statementsOf(policy))
      .filter(({ Action }) => listOf(Action).includes("dynamodb:Query"));
    return [
      ...queries.flatMap(({ Condition }) => {
        const keys = listOf(Condition?.["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"]).join();
        return expectThat(keys === "waiting/*", `${part} may look through the records of ${keys || "all clips"}`);
      }),
      ...expectThat(own === tells, `${originBucket} ${own ? "tells nobody of new objects" : "is not ours to change"}`),
      ...expectThat(patterns.length === 1, `${part} hears of no new objects`),
      ...patterns.flatMap(({ source, "detail-type": types, detail: { bucket, object } }) =>
        expectThat(
          `${source} ${types} ${bucket.name}` === `aws.s3 Object Created ${originBucket}` &&
            object.key.every(({ prefix, suffix }) => (folder ? prefix === `${folder}/` : suffix?.startsWith("."))),
          `${part} hears of other objects than new recordings`,
        ),
      ),
    ];
  });

interface ObjectPattern {
  source: string[];
  "detail-type": string[];
  detail: { bucket: { name: string[] }; object: { key: { prefix?: string; suffix?: string }[] } };
}

/** What EventBridge cannot deliver must rest somewhere, and only this rule may put it there. */
export const targetsHaveDeadLetterQueues: GraphRule = (graph) =>
  stageParts(graph).flatMap(({ row, targets, dlq }) =>
    targets.flatMap(({ inputs }) =>
      expectThat(
        dlq !== undefined && inputs.deadLetterConfig?.arn === arnOf(dlq),
        `the rule of ${row.stage} drops what it cannot deliver`,
      ),
    ),
  );

/** The archive keeps first-hand events only: replayed ones, and what follows from them, would pile up. */
export const archiveIgnoresReruns: GraphRule = (graph) => {
  const archives = resourcesOf(graph, "aws:cloudwatch/eventArchive:EventArchive");
  const expected = JSON.stringify({
    source: [EVENT_SOURCE],
    "replay-name": [{ exists: false }],
    detail: { metadata: { rerun: { id: [{ exists: false }] } } },
  });
  return [
    ...expectThat(archives.length === 1, "the bus has no archive of its own"),
    ...archives.flatMap(({ inputs }) => expectThat(inputs.eventPattern === expected, "the archive keeps reruns")),
  ];
};
