import { type Grant, lanesOf, type PipelineStage, pipeline } from "@camclips/events";
import { arnOf, type Graph, listOf, type Resource, resourcesOf, statementsOf } from "../graph/graph.ts";
import { expectThat, type GraphRule } from "./rule.ts";
import { type StageParts, stageParts } from "./stage-parts.ts";

/** The wildcards in Allow statements that AWS forces on us, and why. Any other is a mistake. */
export const acceptedWildcards: readonly { actions: RegExp; resource: RegExp; reason: string }[] = [
  {
    actions: /^s3:(GetObject|PutObject|AbortMultipartUpload)$/,
    resource: /^arn:aws:s3:::[^*]+\/\*$/,
    reason: "keys are made at run time: the bucket (and for the origin its directory) is the boundary",
  },
  {
    actions: /^scheduler:(CreateSchedule|DeleteSchedule)$/,
    resource: /^arn:aws:scheduler:[^*]+:schedule\/[^*]+\/\*$/,
    reason: "schedules are named at run time: the stage's own group is the boundary",
  },
  {
    actions: /^logs:(CreateLogStream|PutLogEvents)$/,
    resource: /^arn:aws:logs:[^*]+:log-group:\/aws\/lambda\/[^*]+:\*$/,
    reason: "Lambda names log streams itself: the function's own group is the boundary",
  },
];

/** One permission of a role: an action on a resource. */
export interface Permission {
  role: string;
  action: string;
  resource: string;
}

/** Everything that the roles of a graph may do. */
export function permissionsOf(graph: Graph): Permission[] {
  return resourcesOf(graph, "aws:iam/role:Role").flatMap(rolePermissions);
}

function rolePermissions({ name, inputs }: Resource<"aws:iam/role:Role">): Permission[] {
  const allowed = inputs.inlinePolicies
    .flatMap(({ policy }) => statementsOf(policy))
    .filter((s) => s.Effect === "Allow");
  return allowed.flatMap(({ Action, Resource }) =>
    listOf(Action).flatMap((action) => listOf(Resource).map((resource) => ({ role: name, action, resource }))),
  );
}

/** The reason why a permission may hold a wildcard: undefined when it holds none, or has no reason. */
export function wildcardReason({ action, resource }: Permission): string | undefined {
  return acceptedWildcards.find((entry) => entry.actions.test(action) && entry.resource.test(resource))?.reason;
}

export function hasWildcard({ action, resource }: Permission): boolean {
  return action.includes("*") || resource.includes("*");
}

export const wildcardsHaveReasons: GraphRule = (graph) => [
  ...permissionsOf(graph)
    .filter(hasWildcard)
    .flatMap((permission) =>
      expectThat(
        wildcardReason(permission) !== undefined,
        `${permission.role} may ${permission.action} on ${permission.resource}`,
      ),
    ),
  ...resourcesOf(graph, "aws:iam/role:Role").flatMap(({ name, inputs }) =>
    expectThat((inputs.managedPolicyArns ?? []).length === 0, `${name} carries a policy that AWS writes`),
  ),
];

/** Only the service that acts in a role may take it: not every principal of the account. */
export const rolesTrustOneService: GraphRule = (graph) =>
  resourcesOf(graph, "aws:iam/role:Role").flatMap(({ name, inputs }) =>
    statementsOf(inputs.assumeRolePolicy).flatMap(({ Principal }) =>
      expectThat(
        typeof Principal === "object" &&
          Object.keys(Principal).join() === "Service" &&
          listOf(Principal.Service).length === 1,
        `${name} can be taken by ${JSON.stringify(Principal)}`,
      ),
    ),
  );

/** A function may do what its row's grants say, publish, schedule, consume its queue, write its log. Nothing else. */
export const functionsMayDoWhatTheirRowSays: GraphRule = (graph) =>
  stageParts(graph).flatMap((parts) => {
    if (!parts.role) return [`${parts.row.stage} has no role`];
    const [keys, others] = split(rolePermissions(parts.role), usesKey);
    const actual = others.map(({ action, resource }) => `${action} on ${resource}`);
    const expected = expectedPermissions(graph, parts);
    return [
      ...actual.filter((entry) => !expected.includes(entry)).map((entry) => `${parts.row.stage} may ${entry}`),
      ...expected.filter((entry) => !actual.includes(entry)).map((entry) => `${parts.row.stage} may not ${entry}`),
      ...keys
        .filter(({ action }) => !keyActions(graph, parts).includes(action))
        .map(({ action, resource }) => `${parts.row.stage} may ${action} on ${resource}`),
    ];
  });

/** Keys are those of brought resources, named one by one; the one that signs is a grant of its own. */
export const usesKey = ({ action, resource }: Pick<Permission, "action" | "resource">): boolean =>
  /^kms:(?!Sign$|GetPublicKey$)/.test(action) && /:kms:[^*]+:key\/[^*]+$/.test(resource);

const split = <T>(list: readonly T[], is: (item: T) => boolean): [T[], T[]] => [
  list.filter(is),
  list.filter((item) => !is(item)),
];

/** What a stage may do with keys: as much as what it reads and writes of others' needs. */
function keyActions(graph: Graph, { row, queue, build, handler }: StageParts): string[] {
  const { originBucket, destinationBucket, topicArn } = (build?.links.Wiring ?? {}) as Wiring;
  const own = graph.resources.map(({ outputs }) => outputs.arn);
  const may = (grant: Grant, arn: string) => row.grants.includes(grant) && !own.includes(arn);
  const destination = `arn:aws:s3:::${destinationBucket}`;
  const copies = handler?.inputs.environment.variables.REUSE === "on" && may("cuts:copy", destination);
  const writes = may("destination:write", destination) || may("topic:publish", topicArn) || copies;
  const reads = may("origin:read", `arn:aws:s3:::${originBucket}`) || may("destination:read", destination);
  if (writes) return ["kms:Decrypt", "kms:GenerateDataKey"];
  return reads || (row.input.from === "requests" && !queue) ? ["kms:Decrypt"] : [];
}

interface Wiring {
  workBucket: string;
  originBucket: string;
  destinationBucket: string;
  topicArn: string;
  scheduleRoleArn: string;
  stageQueues: Record<string, { arn: string; url: string }>;
}

function expectedPermissions(graph: Graph, { row, build, handler }: StageParts): string[] {
  const [recordsArn = ""] = resourcesOf(graph, "aws:dynamodb/table:Table").map(arnOf);
  const [bus] = resourcesOf(graph, "aws:cloudwatch/eventBus:EventBus").map(arnOf);
  const [group = ""] = resourcesOf(graph, "aws:scheduler/scheduleGroup:ScheduleGroup").map(arnOf);
  const schedules = `${group.replace(":schedule-group/", ":schedule/")}/*`;
  const wiring = { ...(build?.links.Wiring as Wiring), recordsArn, schedules };
  const logs = `${group.split(":").slice(0, 2).join(":")}:logs:${group.split(":").slice(3, 5).join(":")}`;
  const logGroup = `${logs}:log-group:${handler?.inputs.loggingConfig.logGroup}:*`;
  return [
    `events:PutEvents on ${bus}`,
    `scheduler:CreateSchedule on ${schedules}`,
    `iam:PassRole on ${wiring.scheduleRoleArn}`,
    ...queuesOf(row, wiring).flatMap((queue) =>
      ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility"].map(
        (a) => `sqs:${a} on ${queue}`,
      ),
    ),
    ...["CreateLogStream", "PutLogEvents"].map((action) => `logs:${action} on ${logGroup}`),
    ...row.grants.flatMap((grant) => grantedBy(grant, wiring, handler?.inputs.environment.variables ?? {})),
  ];
}

/** The usual one, and its lanes'. */
const queuesOf = (row: PipelineStage, { stageQueues }: Wiring) =>
  [row.stage, ...lanesOf(row).map((lane) => `${row.stage}-${lane}`)].map((part) => stageQueues[part]?.arn);

function grantedBy(
  grant: Grant,
  wiring: Wiring & { recordsArn: string; schedules: string },
  { S3_BUCKET_ORIGIN_DIR, EVIDENCE_KEY, REUSE }: Record<string, string>,
): string[] {
  const read = (bucket: string, prefix = "") => [
    `s3:GetObject on arn:aws:s3:::${bucket}/${prefix}*`,
    `s3:ListBucket on arn:aws:s3:::${bucket}`,
  ];
  const write = (bucket: string) =>
    ["PutObject", "AbortMultipartUpload"].map((a) => `s3:${a} on arn:aws:s3:::${bucket}/*`);
  const records = (action: string) => [`dynamodb:${action} on ${wiring.recordsArn}`];
  const table: Record<Grant, string[]> = {
    "records:read": records("GetItem"),
    "records:write": records("PutItem"),
    "records:waiting": records("Query"),
    "records:list": records("Query").map((permission) => `${permission}/index/byState`),
    "origin:read": read(wiring.originBucket, S3_BUCKET_ORIGIN_DIR ? `${S3_BUCKET_ORIGIN_DIR}/` : ""),
    "work:read": read(wiring.workBucket),
    "work:write": write(wiring.workBucket),
    "destination:read": read(wiring.destinationBucket),
    "destination:write": write(wiring.destinationBucket),
    "topic:publish": [`sns:Publish on ${wiring.topicArn}`],
    "evidence:sign": EVIDENCE_KEY ? [`kms:Sign on ${EVIDENCE_KEY}`, `kms:GetPublicKey on ${EVIDENCE_KEY}`] : [],
    "cuts:copy": REUSE === "on" ? [...read(wiring.destinationBucket), ...write(wiring.destinationBucket)] : [],
    "cuts:wake": REUSE === "on" ? [...records("Query"), `scheduler:DeleteSchedule on ${wiring.schedules}`] : [],
    "queues:count": (pipeline as readonly PipelineStage[])
      .filter(({ leastSeconds }) => leastSeconds > 0)
      .flatMap((row) => queuesOf(row, wiring).map((queue) => `sqs:GetQueueAttributes on ${queue}`)),
    "schedule:request": [],
    "schedule:deadline": [],
  };
  return table[grant];
}
