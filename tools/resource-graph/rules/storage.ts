import { arnOf, type Graph, type Resource, resourcesOf, type Statement, statementsOf } from "../graph/graph.ts";
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
        statements.every(
          (statement) =>
            statement.Effect === "Deny" || (bucket.name === "DestinationBucket" && letsDistributionsRead(statement)),
        ),
        `${bucket.name} lets somebody in by policy`,
      ),
    ];
  });

/** CloudFront, in the name of the account's own distributions. Of those of any account without the condition. */
function letsDistributionsRead({ Action, Principal, Condition }: Statement): boolean {
  const source = Condition?.ArnLike?.["aws:SourceArn"];
  return (
    Action === "s3:GetObject" &&
    JSON.stringify(Principal) === '{"Service":"cloudfront.amazonaws.com"}' &&
    /^arn:[^:]+:cloudfront::\d{12}:distribution\/\*$/.test(String(source))
  );
}

/** A clip that a rerun replaced, or somebody deleted, can be taken back for a while, and is not paid for for ever. */
export const replacedClipsAreKept: GraphRule = (graph) =>
  buckets(graph)
    .filter(({ name }) => name === "DestinationBucket")
    .flatMap((bucket) => {
      const status = companion(graph, "aws:s3/bucketVersioning:BucketVersioning", bucket)?.inputs
        .versioningConfiguration.status;
      const type = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
      const rules = companion(graph, type, bucket)?.inputs.rules ?? [];
      const days = rules.flatMap(({ noncurrentVersionExpiration: kept }) => kept?.noncurrentDays ?? []);
      return [
        ...expectThat(status === "Enabled", "a clip that is replaced or deleted is gone at once"),
        ...expectThat(days.join() === "30", `replaced clips are kept for ${days.join() || "ever, not 30"} days`),
      ];
    });

/** What is served to the world comes over TLS out of the destination bucket, read with the distribution's own access. */
export const distributionsServeClipsOnly: GraphRule = (graph) =>
  resourcesOf(graph, "aws:cloudfront/distribution:Distribution").flatMap(({ name, inputs }) => {
    const [destination] = buckets(graph).filter((bucket) => bucket.name === "DestinationBucket");
    const { viewerProtocolPolicy, allowedMethods } = inputs.defaultCacheBehavior;
    const policy = destination && companion(graph, "aws:s3/bucketPolicy:BucketPolicy", destination)?.inputs.policy;
    return [
      ...expectThat(viewerProtocolPolicy === "redirect-to-https", `${name} serves without TLS`),
      ...expectThat(allowedMethods.join() === "GET,HEAD", `${name} takes ${allowedMethods.join(", ")}`),
      ...inputs.origins.flatMap(({ domainName, originAccessControlId }) => [
        ...expectThat(domainName === destination?.outputs.bucketRegionalDomainName, `${name} serves ${domainName}`),
        ...expectThat(Boolean(originAccessControlId), `${name} has no access to its bucket`),
      ]),
      ...expectThat(policy !== undefined && statementsOf(policy).some(letsDistributionsRead), `${name} may not read`),
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
