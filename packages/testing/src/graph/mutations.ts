import { type Graph, resourcesOf } from "../../../../tools/resource-graph/graph/graph.ts";
import type { GraphRuleName } from "../../../../tools/resource-graph/rules/index.ts";
import { allow, edit, packedFor, remove } from "./mutate.ts";

/** A mistake somebody could make in the stacks, and the rule that must find it. */
export interface Mutation {
  mistake: string;
  foundBy: GraphRuleName;
  /** The graph that it breaks; staging's where nothing is said. */
  of?:
    | "staging served by CloudFront, with an ffmpeg for arm64"
    | "staging with resources brought by name"
    | "personal woken by new recordings";
  /** Changes the graph in place. */
  make(graph: Graph): void;
}

/** Test material: each mutation breaks a copy of a good graph in one way. */
export const mutations: readonly Mutation[] = [
  {
    mistake: "a stage's row is not deployed",
    foundBy: "every event reaches the stages that the table names",
    make: (graph) => remove(graph, /^PublishClip/),
  },
  {
    mistake: "a stage's function is forgotten",
    foundBy: "functions have the size that the table says",
    make: (graph) => remove(graph, /^RenderClipFunction$/),
  },
  {
    mistake: "an event is added to another stage's rule",
    foundBy: "every event reaches the stages that the table names",
    make: (graph) =>
      edit(graph, "aws:cloudwatch/eventRule:EventRule", /^RenderClipRule$/, (rule) => {
        rule.eventPattern = rule.eventPattern.replace("SourcesDownloaded", "ClipPublished");
      }),
  },
  {
    mistake: "urgent clips lie in the usual queue, too",
    foundBy: "every event reaches the stages that the table names",
    make: (graph) =>
      edit(graph, "aws:cloudwatch/eventRule:EventRule", /^RenderClipRule$/, (rule) => {
        const { detail: _, ...pattern } = JSON.parse(rule.eventPattern);
        rule.eventPattern = JSON.stringify(pattern);
      }),
  },
  {
    mistake: "a lane has no functions of its own",
    foundBy: "records fail one by one, within the row's concurrency",
    make: (graph) => remove(graph, /^RenderClipHighMapping$/),
  },
  {
    mistake: "a rule takes every event of the bus",
    foundBy: "every rule names its events",
    make: (graph) =>
      edit(graph, "aws:cloudwatch/eventRule:EventRule", /^ScheduleRetryRule$/, (rule) => {
        rule.eventPattern = "{}";
      }),
  },
  {
    mistake: "new objects of other folders wake clips, too",
    foundBy: "new recordings wake clips where that is on",
    of: "staging with resources brought by name",
    make: (graph) =>
      edit(graph, "aws:cloudwatch/eventRule:EventRule", /^WakeClipsRule$/, (rule) => {
        rule.eventPattern = rule.eventPattern.replace("archive/", "");
      }),
  },
  {
    mistake: "new recordings are looked for on the stage's own bus, where S3 tells nothing",
    foundBy: "new recordings wake clips where that is on",
    of: "staging with resources brought by name",
    make: (graph) =>
      edit(graph, "aws:cloudwatch/eventTarget:EventTarget", /^WakeClipsTarget$/, (target) => {
        target.eventBusName = "camclips-staging-bus";
      }),
  },
  {
    mistake: "a bucket of the stack tells nobody of new recordings",
    foundBy: "new recordings wake clips where that is on",
    of: "personal woken by new recordings",
    make: (graph) => remove(graph, /^OriginEvents$/),
  },
  {
    mistake: "the stage that wakes clips may read all of their records at once",
    foundBy: "new recordings wake clips where that is on",
    of: "staging with resources brought by name",
    make: (graph) =>
      edit(graph, "aws:iam/role:Role", /^WakeClipsRole$/, (role) => {
        for (const each of role.inlinePolicies) each.policy = each.policy.replaceAll("waiting/*", "*");
      }),
  },
  {
    mistake: "a rule drops what it cannot deliver",
    foundBy: "every rule target has a dead-letter queue",
    make: (graph) =>
      edit(graph, "aws:cloudwatch/eventTarget:EventTarget", /^LocateSourcesTarget$/, (target) => {
        delete target.deadLetterConfig;
      }),
  },
  {
    mistake: "the archive keeps replayed events",
    foundBy: "the archive keeps no reruns",
    make: (graph) =>
      edit(graph, "aws:cloudwatch/eventArchive:EventArchive", /./, (archive) => {
        archive.eventPattern = '{"source":["camclips"]}';
      }),
  },
  {
    mistake: "a dead-letter queue is removed",
    foundBy: "every queue has a dead-letter queue",
    make: (graph) => remove(graph, /^RenderThumbnailsDlqQueue/),
  },
  {
    mistake: "a queue has no redrive policy",
    foundBy: "every queue has a dead-letter queue",
    make: (graph) =>
      edit(graph, "aws:sqs/queue:Queue", /^CheckDeadlineQueue/, (queue) => {
        delete queue.redrivePolicy;
      }),
  },
  {
    mistake: "a throttled message goes to the dead letters unseen",
    foundBy: "every queue has a dead-letter queue",
    make: (graph) =>
      edit(graph, "aws:sqs/queue:Queue", /^RenderClipQueue/, (queue) => {
        queue.redrivePolicy = queue.redrivePolicy?.replace(/"maxReceiveCount":\d+/, '"maxReceiveCount":4');
      }),
  },
  {
    mistake: "a time-out grows and the queue's does not",
    foundBy: "every queue hides a message for six function time-outs",
    make: (graph) =>
      edit(graph, "aws:lambda/function:Function", /^RenderClipFunction$/, (handler) => {
        handler.timeout += 1;
      }),
  },
  {
    mistake: "rules of other accounts may send to a queue",
    foundBy: "every queue is encrypted, TLS only and open to its rule alone",
    make: (graph) =>
      edit(graph, "aws:sqs/queuePolicy:QueuePolicy", /^PublishClipPolicy$/, (policy) => {
        policy.policy = policy.policy.replace("ArnEquals", "ArnLike");
      }),
  },
  {
    mistake: "a queue accepts plain HTTP",
    foundBy: "every queue is encrypted, TLS only and open to its rule alone",
    make: (graph) => remove(graph, /^SchedulesDlqPolicy$/),
  },
  {
    mistake: "a queue's policy forgets the rule",
    foundBy: "every queue admits its rule",
    make: (graph) => remove(graph, /^DownloadSourcesPolicy$/),
  },
  {
    mistake: "a queue fills and nobody works on it",
    foundBy: "no queue is an orphan",
    make: (graph) => remove(graph, /^RecordEventMapping$/),
  },
  {
    mistake: "a function does not know the camera service",
    foundBy: "functions get their settings",
    make: (graph) =>
      edit(graph, "aws:lambda/function:Function", /^LocateSourcesFunction$/, (handler) => {
        delete handler.environment.variables.CAM_SERVICES_URL;
      }),
  },
  {
    mistake: "one function is left on another processor",
    foundBy: "functions run on one architecture",
    make: (graph) =>
      edit(graph, "aws:lambda/function:Function", /^PublishClip/, (handler) => {
        handler.architectures = ["x86_64"];
      }),
  },
  {
    mistake: "one bad record fails a batch",
    foundBy: "records fail one by one, within the row's concurrency",
    make: (graph) =>
      edit(graph, "aws:lambda/eventSourceMapping:EventSourceMapping", /^AcceptRequestMapping$/, (mapping) => {
        mapping.functionResponseTypes = [];
      }),
  },
  {
    mistake: "nothing limits the calls to the camera service",
    foundBy: "records fail one by one, within the row's concurrency",
    make: (graph) =>
      edit(graph, "aws:lambda/eventSourceMapping:EventSourceMapping", /^LocateSourcesMapping$/, (mapping) => {
        delete mapping.scalingConfig;
      }),
  },
  {
    mistake: "logs are kept for ever",
    foundBy: "logs are kept for a limited time",
    make: (graph) =>
      edit(graph, "aws:cloudwatch/logGroup:LogGroup", /^RecordEvent/, (group) => {
        group.retentionInDays = 0;
      }),
  },
  {
    mistake: "a stage that does not render carries ffmpeg",
    foundBy: "only the render functions carry ffmpeg",
    make: (graph) => {
      packedFor(graph, "PublishClip").push({ name: "bin/ffmpeg", mode: 0o755 });
    },
  },
  {
    mistake: "ffmpeg is packed twice",
    foundBy: "only the render functions carry ffmpeg",
    make: (graph) => {
      packedFor(graph, "RenderClip").push({ name: "bin/ffmpeg", mode: 0o755 });
    },
  },
  {
    mistake: "a renderer goes without ffmpeg",
    foundBy: "only the render functions carry ffmpeg",
    make: (graph) => {
      packedFor(graph, "RenderThumbnails").length = 0;
    },
  },
  {
    mistake: "the packed ffmpeg may not be executed",
    foundBy: "only the render functions carry ffmpeg",
    make: (graph) => {
      for (const entry of packedFor(graph, "RenderClip")) entry.mode = 0o644;
    },
  },
  {
    mistake: "a stage gets a whole service",
    foundBy: "every wildcard in a policy has a reason",
    make: (graph) => allow(graph, /^RenderClipRole$/, "s3:*", "arn:aws:s3:::recordings/*"),
  },
  {
    mistake: "a role trusts the whole account",
    foundBy: "every role trusts one service",
    make: (graph) =>
      edit(graph, "aws:iam/role:Role", /^AcceptRequestRole$/, (role) => {
        role.assumeRolePolicy = role.assumeRolePolicy.replace('"Service"', '"AWS"');
      }),
  },
  {
    mistake: "a stage that does not publish may notify",
    foundBy: "functions may do what their row says, and nothing else",
    make: (graph) => allow(graph, /^RenderClipRole$/, "sns:Publish", String(graph.outputs.topicArn)),
  },
  {
    mistake: "a stage may write recordings",
    foundBy: "the origin is read only",
    make: (graph) =>
      allow(graph, /^DownloadSourcesRole$/, "s3:PutObject", `arn:aws:s3:::${graph.outputs.originBucket}/*`),
  },
  {
    mistake: "an index of the records is dropped",
    foundBy: "records can be asked for by state, and by camera and range",
    make: (graph) =>
      edit(graph, "aws:dynamodb/table:Table", /./, (table) => {
        table.globalSecondaryIndexes.pop();
      }),
  },
  {
    mistake: "records stay for ever",
    foundBy: "records are on demand, expire, have backups and are encrypted",
    make: (graph) =>
      edit(graph, "aws:dynamodb/table:Table", /./, (table) => {
        delete table.ttl;
      }),
  },
  {
    mistake: "the archive keeps events for longer than their records",
    foundBy: "records outlive whatever can be replayed or redriven",
    make: (graph) =>
      edit(graph, "aws:cloudwatch/eventArchive:EventArchive", /./, (archive) => {
        archive.retentionDays = 120;
      }),
  },
  {
    mistake: "a stage may delete records",
    foundBy: "functions may do what their row says, and nothing else",
    make: (graph) => allow(graph, /^PublishClipRole$/, "dynamodb:DeleteItem", "arn:aws:dynamodb:eu-west-1:1:table/x"),
  },
  {
    mistake: "records go when the stage is removed",
    foundBy: "shared stages are retained and production is protected",
    make: (graph) => {
      for (const table of resourcesOf(graph, "aws:dynamodb/table:Table")) table.retained = false;
    },
  },
  {
    mistake: "a bucket can be made public",
    foundBy: "buckets are private and TLS only",
    make: (graph) => remove(graph, /^DestinationPublicAccessBlock$/),
  },
  {
    mistake: "distributions of every account may read clips",
    foundBy: "buckets are private and TLS only",
    of: "staging served by CloudFront, with an ffmpeg for arm64",
    make: (graph) =>
      edit(graph, "aws:s3/bucketPolicy:BucketPolicy", /^DestinationPolicy$/, (policy) => {
        policy.policy = policy.policy.replace("aws:SourceArn", "aws:SourceVpc");
      }),
  },
  {
    mistake: "the distribution may not read its bucket",
    foundBy: "what is served is the destination, over TLS",
    of: "staging served by CloudFront, with an ffmpeg for arm64",
    make: (graph) =>
      edit(graph, "aws:s3/bucketPolicy:BucketPolicy", /^DestinationPolicy$/, (policy) => {
        policy.policy = policy.policy.replace("cloudfront", "cloudwatch");
      }),
  },
  {
    mistake: "clips are served without TLS",
    foundBy: "what is served is the destination, over TLS",
    of: "staging served by CloudFront, with an ffmpeg for arm64",
    make: (graph) =>
      edit(graph, "aws:cloudfront/distribution:Distribution", /./, ({ defaultCacheBehavior }) => {
        defaultCacheBehavior.viewerProtocolPolicy = "allow-all";
      }),
  },
  {
    mistake: "a rerun destroys what it replaces",
    foundBy: "replaced clips can be taken back",
    make: (graph) => remove(graph, /^DestinationVersioning$/),
  },
  {
    mistake: "a second region finds a role's name taken",
    foundBy: "names that regions share hold the region",
    make: (graph) =>
      edit(graph, "aws:iam/role:Role", /^SchedulesRole$/, (role) => {
        role.name = "camclips-staging-schedules";
      }),
  },
  {
    mistake: "a stage that touches nothing brought may use a key",
    foundBy: "functions may do what their row says, and nothing else",
    make: (graph) => allow(graph, /^RecordEventRole$/, "kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/k"),
  },
  {
    mistake: "a stage that signs nothing may sign",
    foundBy: "functions may do what their row says, and nothing else",
    make: (graph) => allow(graph, /^RenderClipRole$/, "kms:Sign", "arn:aws:kms:eu-west-1:123456789012:key/k"),
  },
  {
    mistake: "a clip is copied where nobody asked for that",
    foundBy: "functions may do what their row says, and nothing else",
    make: (graph) => allow(graph, /^DownloadSourcesRole$/, "s3:PutObject", "arn:aws:s3:::clips/*"),
  },
  {
    mistake: "a bucket is not encrypted",
    foundBy: "buckets are encrypted",
    make: (graph) => remove(graph, /^WorkEncryption$/),
  },
  {
    mistake: "the work bucket grows for ever",
    foundBy: "buckets forget in time",
    make: (graph) => remove(graph, /^WorkLifecycle$/),
  },
  {
    mistake: "clips go when the stage is removed",
    foundBy: "shared stages are retained and production is protected",
    make: (graph) => {
      for (const bucket of resourcesOf(graph, "aws:s3/bucket:Bucket")) bucket.retained = false;
    },
  },
  {
    mistake: "schedules can reach a queue of somebody else",
    foundBy: "schedules reach the stages' queues and nothing else",
    make: (graph) => allow(graph, /^SchedulesRole$/, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:other"),
  },
  {
    mistake: "nothing wakes the watch",
    foundBy: "clocks wake their stages",
    make: (graph) => remove(graph, /^WatchClipsClock$/),
  },
  {
    mistake: "functions do not know a queue",
    foundBy: "functions know every resource they need",
    make: (graph) => {
      const wiring = graph.builds[0]?.links.Wiring as { stageQueues: Record<string, object> };
      delete wiring.stageQueues["render-clip"];
    },
  },
  {
    mistake: "commands are told of another bucket",
    foundBy: "outputs are published for commands",
    make: (graph) => {
      graph.outputs.workBucket = "other";
    },
  },
  {
    mistake: "nobody hears of dead letters",
    foundBy: "dead letters raise alarms",
    make: (graph) => remove(graph, /^PublishClipDeadLettersAlarm$/),
  },
  {
    mistake: "nobody hears of a stage's crashes",
    foundBy: "every stage raises alarms",
    make: (graph) => remove(graph, /^CheckDeadlineErrorsAlarm$/),
  },
  {
    mistake: "nobody hears of a stage's throttling",
    foundBy: "every stage raises alarms",
    make: (graph) => remove(graph, /^RenderClipThrottlesAlarm$/),
  },
  {
    mistake: "a terminal status is not counted",
    foundBy: "unfinished clips raise an alarm",
    make: (graph) =>
      edit(graph, "aws:cloudwatch/metricAlarm:MetricAlarm", /^UnfinishedClipsAlarm$/, (alarm) => {
        alarm.metricQueries?.splice(1, 1);
      }),
  },
  {
    mistake: "the dashboard forgets a stage",
    foundBy: "the dashboard shows every stage",
    make: (graph) =>
      edit(graph, "aws:cloudwatch/dashboard:Dashboard", /./, (dashboard) => {
        dashboard.dashboardBody = dashboard.dashboardBody.replaceAll("render-clip", "other");
      }),
  },
];
