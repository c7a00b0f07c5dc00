import { arnOf, type Graph, type Resource, resourcesOf, statementsOf } from "../graph/graph.ts";
import type { ResourceType } from "../graph/types.ts";
import { deniesPlainHttp } from "./queues.ts";
import { expectThat, type GraphRule } from "./rule.ts";

type Bucket = Resource<"aws:s3/bucket:Bucket">;

const buckets = (graph: Graph): Bucket[] => resourcesOf(graph, "aws:s3/bucket:Bucket");

function companion<Type extends ResourceType>(
  graph: Graph,
  type: Type,
  { inputs }: Bucket,
): Resource<Type> | undefined {
  return resourcesOf(graph, type).find((other) => (other.inputs as { bucket?: string }).bucket === inputs.bucket);
}

export const bucketsArePrivate: GraphRule = (graph) =>
  buckets(graph).flatMap((bucket) => {
    const block = companion(graph, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", bucket)?.inputs;
    const closed =
      block?.blockPublicAcls && block.blockPublicPolicy && block.ignorePublicAcls && block.restrictPublicBuckets;
    const policy = companion(graph, "aws:s3/bucketPolicy:BucketPolicy", bucket)?.inputs.policy;
    const statements = policy ? statementsOf(policy) : [];
    return [
      ...expectThat(closed === true, `${bucket.name} can be made public`),
      ...expectThat(statements.some(deniesPlainHttp), `${bucket.name} accepts calls without TLS`),
      ...expectThat(
        statements.every(({ Effect }) => Effect === "Deny"),
        `${bucket.name} lets somebody in by policy`,
      ),
    ];
  });

export const bucketsAreEncrypted: GraphRule = (graph) =>
  buckets(graph).flatMap((bucket) => {
    const type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
    const [rule] = companion(graph, type, bucket)?.inputs.rules ?? [];
    return expectThat(
      rule?.applyServerSideEncryptionByDefault.sseAlgorithm === "AES256",
      `${bucket.name} is not encrypted`,
    );
  });

/** Days after which the work bucket forgets; the destination holds the product and forgets nothing. */
const workDays = { "sources/": 2 };

export const bucketsForgetInTime: GraphRule = (graph) =>
  buckets(graph).flatMap((bucket) => {
    const type = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
    const rules = companion(graph, type, bucket)?.inputs.rules ?? [];
    const expiries = rules.flatMap(({ filter, expiration }) => (expiration ? [[filter?.prefix, expiration.days]] : []));
    return [
      ...expectThat(
        rules.some(({ abortIncompleteMultipartUpload: abort }) => abort?.daysAfterInitiation === 1),
        `${bucket.name} keeps (and bills) unfinished uploads`,
      ),
      ...(bucket.name === "WorkBucket"
        ? expectThat(
            JSON.stringify(Object.fromEntries(expiries)) === JSON.stringify(workDays),
            `the work bucket expires ${JSON.stringify(expiries)}`,
          )
        : []),
      ...(bucket.name === "DestinationBucket"
        ? expectThat(expiries.length === 0, "the destination bucket loses clips")
        : []),
    ];
  });

/** A shared stage outlives `sst remove`; production cannot even be removed. A personal stage leaves nothing behind. */
export const stagesOutliveMistakes: GraphRule = (graph) => {
  const { stage, removal, protect } = graph.app;
  const personal = !["production", "prod", "staging", "sandbox"].includes(stage);
  const production = ["production", "prod"].includes(stage);
  return [
    ...expectThat(removal === (personal ? "remove" : "retain"), `${stage} is a stage that "${removal}"s`),
    ...expectThat(protect === production, `${stage} is ${protect ? "" : "not "}protected`),
    ...buckets(graph).flatMap((bucket) => [
      ...expectThat(bucket.retained !== personal, `${bucket.name} ${personal ? "stays" : "goes"} with the stage`),
      ...expectThat(bucket.inputs.forceDestroy === personal, `${bucket.name}: forceDestroy is wrong`),
    ]),
    ...resourcesOf(graph, "aws:dynamodb/table:Table").flatMap(({ name, inputs, retained }) => [
      ...expectThat(retained !== personal, `${name} ${personal ? "stays" : "goes"} with the stage`),
      ...expectThat(inputs.deletionProtectionEnabled !== personal, `${name}: its protection from deletion is wrong`),
    ]),
  ];
};

/** Recordings are somebody else's: no role may write to the origin, and shared stages never own it. */
export const originIsReadOnly: GraphRule = (graph) => {
  const { originBucket } = graph.outputs as { originBucket: string };
  const writers = resourcesOf(graph, "aws:iam/role:Role").filter(({ inputs }) =>
    inputs.inlinePolicies.some(({ policy }) =>
      statementsOf(policy).some(
        ({ Action, Resource }) =>
          JSON.stringify(Resource).includes(`:::${originBucket}`) && /Put|Delete|Abort/.test(JSON.stringify(Action)),
      ),
    ),
  );
  const owned = buckets(graph).some((bucket) => arnOf(bucket) === `arn:aws:s3:::${originBucket}`);
  return [
    ...writers.map(({ name }) => `${name} may change recordings`),
    ...expectThat(!owned || graph.app.removal === "remove", "a shared stage owns its origin bucket"),
  ];
};
