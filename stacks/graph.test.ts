import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deployedRows, stageNamed } from "@camclips/events";
import { testFolder } from "@camclips/testing/folders";
import { beforeAll, describe, expect, it } from "vitest";
import { mutations } from "../packages/testing/src/graph/mutations.ts";
import { evaluateStage, exampleEnvironment } from "../tools/resource-graph/graph/evaluate-stage.ts";
import { type Graph, resourcesOf, statementsOf } from "../tools/resource-graph/graph/graph.ts";
import { review } from "../tools/resource-graph/review.ts";
import { complaintsAbout, graphRules } from "../tools/resource-graph/rules/index.ts";
import { hasWildcard, permissionsOf, wildcardReason } from "../tools/resource-graph/rules/permissions.ts";
import { writeStandInFfmpeg } from "../tools/resource-graph/stand-in.ts";

const brought = {
  ...exampleEnvironment,
  S3_BUCKET_DESTINATION: "clips-cdn-staging",
  AWS_SNS_TOPIC: "arn:aws:sns:eu-west-1:210987654321:clips",
  AWS_SQS_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/210987654321/clip-requests",
  ALARM_TOPIC: "arn:aws:sns:eu-west-1:123456789012:on-call",
  KMS_KEY_ARNS: "arn:aws:kms:eu-west-1:210987654321:key/11112222-3333",
  EVIDENCE_KEY: "arn:aws:kms:eu-west-1:123456789012:key/5555-6666",
  LAMBDA_ARCHITECTURE: "x86_64",
  RENDER_MEMORY: "3538",
  REUSE: "on",
};

const { CLIP_URL: _, ...served } = { ...exampleEnvironment, CLIP_ACCESS: "cloudfront" };

/** New recordings wake clips there, too. */
const BY_NAME = "staging with resources brought by name";
const named = { ...exampleEnvironment, AWS_SNS_TOPIC: "clips", AWS_SQS_QUEUE: "clip-requests", EARLY_WAKE: "true" };

/** An evaluation takes 4 s of a free core; a test must not fail for a busy machine. */
const SLOW_MS = 300_000;

/** The real sst.config.ts, once per kind of stage for all tests of this file. */
const graphs: Record<string, Graph> = {};
const graphOf = (name: string): Graph => structuredClone(graphs[name] as Graph);

beforeAll(async () => {
  await using folder = await testFolder();
  const key = join(folder.path, "links.pem");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(key, privateKey.export({ type: "pkcs8", format: "pem" }));
  const arm = { ...served, FFMPEG_LAMBDA_BIN: await writeStandInFfmpeg(folder.path, "arm64") };
  const stages = [
    ["personal", "ada", {}],
    ["staging", "staging", exampleEnvironment],
    ["production", "production", exampleEnvironment],
    ["staging with brought resources", "staging", brought],
    [BY_NAME, "staging", named],
    ["staging served by CloudFront, with an ffmpeg for arm64", "staging", arm],
    ["personal woken by new recordings", "ada", { EARLY_WAKE: "true" }],
    ["staging served to links only", "staging", { ...served, CLIP_ACCESS: "signed", CLIP_LINKS_KEY: key }],
  ] as const;
  await Promise.all(
    stages.map(async ([name, stage, environment]) => {
      graphs[name] = await evaluateStage(stage, environment);
    }),
  );
}, SLOW_MS);

const kinds = [
  "personal",
  "staging",
  "production",
  "staging with brought resources",
  BY_NAME,
  "staging served by CloudFront, with an ffmpeg for arm64",
  "staging served to links only",
  "personal woken by new recordings",
];

describe.each(kinds)("the graph of %s", (name) => {
  it.each(Object.entries(graphRules))("%s", (_, rule) => {
    expect(rule(graphOf(name))).toEqual([]);
  });
});

describe("the rules notice when", () => {
  it.each(mutations)("$mistake", ({ foundBy, of = "staging", make }) => {
    const graph = graphOf(of);
    make(graph);
    expect(Object.keys(complaintsAbout(graph))).toContain(foundBy);
  });

  it("something is wrong in any of the ways they know", () => {
    const tested = new Set<string>(mutations.map(({ foundBy }) => foundBy));
    expect([...tested].sort()).toEqual(Object.keys(graphRules).sort());
  });
});

describe("the stacks", () => {
  it("use wildcards only where AWS leaves no choice", () => {
    const wildcards = permissionsOf(graphOf("production")).filter(hasWildcard);
    const kinds = new Set(wildcards.map(({ action }) => action));
    expect([...kinds].sort()).toEqual([
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "s3:AbortMultipartUpload",
      "s3:GetObject",
      "s3:PutObject",
      "scheduler:CreateSchedule",
    ]);
    expect(wildcards.map(wildcardReason)).not.toContain(undefined);
  });

  it("run on arm64 but for what a packed ffmpeg ties to x86_64, and on what the environment names", () => {
    const architectures = (graph: Graph) =>
      resourcesOf(graph, "aws:lambda/function:Function")
        .filter(({ inputs }) => inputs.architectures.join() === "x86_64")
        .map(({ inputs }) => inputs.name)
        .sort();
    expect(architectures(graphOf("staging"))).toEqual([
      "camclips-staging-render-clip",
      "camclips-staging-render-thumbnails",
    ]);
    expect(architectures(graphOf("staging with brought resources"))).toHaveLength(
      deployedRows({ EARLY_WAKE: false }).length,
    );
    expect(architectures(graphOf("staging served by CloudFront, with an ffmpeg for arm64"))).toEqual([]);
  });

  it("cut with the memory that the environment names, and with the table's otherwise", () => {
    const memoryIn = (name: string) =>
      resourcesOf(graphOf(name), "aws:lambda/function:Function").find(({ inputs }) =>
        inputs.name.endsWith("render-clip"),
      )?.inputs.memorySize;
    expect(memoryIn("staging with brought resources")).toBe(3538);
    expect(memoryIn("staging")).toBe(stageNamed("render-clip").memoryMb);
  });

  it("take brought resources instead of their own", () => {
    const graph = graphOf("staging with brought resources");
    expect(resourcesOf(graph, "aws:sns/topic:Topic")).toEqual([]);
    expect(resourcesOf(graph, "aws:s3/bucket:Bucket").map(({ name }) => name)).toEqual(["WorkBucket"]);
    expect(resourcesOf(graph, "aws:sqs/queue:Queue").map(({ inputs }) => inputs.name)).not.toContain(
      "camclips-staging-requests",
    );
    expect(graph.outputs).toMatchObject({
      destinationBucket: brought.S3_BUCKET_DESTINATION,
      topicArn: brought.AWS_SNS_TOPIC,
      requestQueueUrl: brought.AWS_SQS_QUEUE_URL,
    });
    const [mapping] = resourcesOf(graph, "aws:lambda/eventSourceMapping:EventSourceMapping").filter(
      ({ name }) => name === "AcceptRequestMapping",
    );
    expect(mapping?.inputs.eventSourceArn).toBe("arn:aws:sqs:eu-west-1:210987654321:clip-requests");
  });

  it("look for what is brought by name in their own account and region", () => {
    expect(graphOf(BY_NAME).outputs).toMatchObject({
      topicArn: "arn:aws:sns:eu-west-1:123456789012:clips",
      requestQueueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/clip-requests",
    });
  });

  it("use the keys of what is brought where it is read and written, and nowhere else", () => {
    const all = permissionsOf(graphOf("staging with brought resources")).filter(({ action }) => /kms/.test(action));
    const keys = all.filter(({ resource }) => resource !== brought.EVIDENCE_KEY);
    expect(new Set(keys.map(({ resource }) => resource))).toEqual(new Set([brought.KMS_KEY_ARNS]));
    expect(keys.map(({ role, action }) => `${role} ${action.slice(4)}`).sort()).toEqual([
      "AcceptRequestRole Decrypt",
      "DownloadSourcesRole Decrypt",
      "DownloadSourcesRole GenerateDataKey",
      "PublishClipRole Decrypt",
      "PublishClipRole GenerateDataKey",
      "RenderClipRole Decrypt",
      "RenderClipRole GenerateDataKey",
      "RenderThumbnailsRole Decrypt",
      "RenderThumbnailsRole GenerateDataKey",
      "SchedulesRole Decrypt",
      "SchedulesRole GenerateDataKey",
    ]);
  });

  it("let one function sign with the key that is named, and no other", () => {
    const may = permissionsOf(graphOf("staging with brought resources"));
    const signs = may.filter(({ resource }) => resource === brought.EVIDENCE_KEY);
    expect(signs.map(({ role, action }) => `${role} ${action}`)).toEqual([
      "RenderThumbnailsRole kms:Sign",
      "RenderThumbnailsRole kms:GetPublicKey",
    ]);
    expect(permissionsOf(graphOf("staging")).filter(({ action }) => action === "kms:Sign")).toEqual([]);
  });

  it("let clips be copied, and those be woken that wait for one, only where that is asked for", () => {
    const rights = (name: string) =>
      permissionsOf(graphOf(name))
        .filter(({ role }) => role === "DownloadSourcesRole" || role === "PublishClipRole")
        .filter(
          ({ role, action, resource }) =>
            /DeleteSchedule|Query/.test(action) ||
            (role === "DownloadSourcesRole" &&
              resource === `arn:aws:s3:::${graphOf(name).outputs.destinationBucket}/*`),
        )
        .map(({ role, action }) => `${role} ${action}`)
        .sort();
    expect(rights("staging with brought resources")).toEqual([
      "DownloadSourcesRole s3:AbortMultipartUpload",
      "DownloadSourcesRole s3:GetObject",
      "DownloadSourcesRole s3:PutObject",
      "PublishClipRole dynamodb:Query",
      "PublishClipRole scheduler:DeleteSchedule",
    ]);
    expect(rights("staging")).toEqual([]);
    const engines = (name: string) =>
      resourcesOf(graphOf(name), "aws:lambda/function:Function").flatMap(({ inputs }) =>
        inputs.environment.variables.ENGINE_VERSION ? [inputs.name] : [],
      );
    expect(engines("staging with brought resources")).toEqual(["camclips-staging-download-sources"]);
    expect(engines("staging")).toEqual([]);
  });

  it("let nobody list more of the records than who waits for a cut", () => {
    const role = resourcesOf(graphOf("staging with brought resources"), "aws:iam/role:Role").find(
      ({ name }) => name === "PublishClipRole",
    );
    const statements = role?.inputs.inlinePolicies.flatMap(({ policy }) => statementsOf(policy)) ?? [];
    expect(statements.filter(({ Action }) => [Action].flat().includes("dynamodb:Query"))).toMatchObject([
      { Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": "cut/*" } } },
    ]);
  });

  it("serve clips through a distribution when asked to, and tell its address", () => {
    const graph = graphOf("staging served by CloudFront, with an ffmpeg for arm64");
    const [handler] = resourcesOf(graph, "aws:lambda/function:Function");
    expect(handler?.inputs.environment.variables.CLIP_URL).toBe("https://d111111abcdef8.cloudfront.net");
    expect(resourcesOf(graphOf("staging"), "aws:cloudfront/distribution:Distribution")).toEqual([]);
  });

  it("serve clips to holders of links only when asked to, and let one function make them", () => {
    const graph = graphOf("staging served to links only");
    const [distribution] = resourcesOf(graph, "aws:cloudfront/distribution:Distribution");
    const [group] = resourcesOf(graph, "aws:cloudfront/keyGroup:KeyGroup");
    expect(distribution?.inputs.defaultCacheBehavior.trustedKeyGroups).toHaveLength(1);
    expect(group?.inputs.items).toHaveLength(1);
    expect(resourcesOf(graph, "aws:cloudfront/publicKey:PublicKey")[0]?.inputs.encodedKey).toMatch(
      /^-----BEGIN PUBLIC/,
    );
    const holders = graph.builds.filter(({ links }) => "ClipLinks" in links).map(({ functionID }) => functionID);
    expect(holders).toEqual(["PublishClip"]);
    expect(graph.outputs).toMatchObject({ links: { url: "https://d111111abcdef8.cloudfront.net" } });
    expect(JSON.stringify(graph.outputs)).not.toContain("PRIVATE");
    const open = resourcesOf(
      graphOf("staging served by CloudFront, with an ffmpeg for arm64"),
      "aws:cloudfront/distribution:Distribution",
    );
    expect(open[0]?.inputs.defaultCacheBehavior.trustedKeyGroups).toBeUndefined();
  });

  it("have rule, queue and function for new recordings where these are to wake clips, and nowhere else", () => {
    const named = (name: string) => graphOf(name).resources.filter(({ name }) => name.startsWith("WakeClips"));
    expect(named("staging")).toEqual([]);
    expect(named(BY_NAME).length).toBeGreaterThan(10);
    const patternOf = (name: string) => {
      const rules = resourcesOf(graphOf(name), "aws:cloudwatch/eventRule:EventRule");
      return JSON.parse(rules.find(({ name }) => name === "WakeClipsRule")?.inputs.eventPattern ?? "{}");
    };
    expect(patternOf(BY_NAME)).toEqual({
      source: ["aws.s3"],
      "detail-type": ["Object Created"],
      detail: { bucket: { name: ["recordings"] }, object: { key: [{ prefix: "archive/" }] } },
    });
    for (const suffix of [".m4s", ".MP4"])
      expect(patternOf("personal woken by new recordings").detail.object.key).toContainEqual({ suffix });
  });

  it("send alarms to the topic that the environment names", () => {
    const actions = resourcesOf(graphOf("staging with brought resources"), "aws:cloudwatch/metricAlarm:MetricAlarm");
    expect(new Set(actions.flatMap(({ inputs }) => inputs.alarmActions))).toEqual(new Set([brought.ALARM_TOPIC]));
  });

  it("give a personal stage its own origin, no alarms and addresses that resolve nowhere", () => {
    const graph = graphOf("personal");
    const origin = resourcesOf(graph, "aws:s3/bucket:Bucket").find(({ name }) => name === "OriginBucket");
    expect(graph.outputs.originBucket).toBe(origin?.inputs.bucket);
    const [handler] = resourcesOf(graph, "aws:lambda/function:Function");
    expect(handler?.inputs.environment.variables.CAM_SERVICES_URL).toBe("https://camera-service.invalid");
  });

  it("let functions read the recordings' folder only", () => {
    const origin = permissionsOf(graphOf("staging")).filter(({ resource }) => resource.includes(":::recordings/"));
    expect(origin).toEqual([
      { role: "DownloadSourcesRole", action: "s3:GetObject", resource: "arn:aws:s3:::recordings/archive/*" },
    ]);
  });

  it("read as one page", () => {
    const page = review(graphOf("production"));
    expect(page).toContain('removal "retain", protected');
    expect(page).toContain("takes   SourcesDownloaded, by the rule camclips-production-render-clip");
    expect(page).toContain("Complaints: none");
  });
});

describe("sst dev", () => {
  it(
    "has the deployed stage's rules and queues, packs nothing, and renders with the developer's ffmpeg",
    async () => {
      const graph = await evaluateStage("ada", { FFMPEG_BIN: "/opt/ffmpeg" }, "dev");
      const deployed = graphOf("personal");
      for (const type of ["aws:cloudwatch/eventRule:EventRule", "aws:sqs/queue:Queue"] as const) {
        const inputs = (of: Graph) =>
          resourcesOf(of, type)
            .map((resource) => JSON.stringify(resource.inputs))
            .sort();
        expect(inputs(graph)).toEqual(inputs(deployed));
      }
      const ffmpegs = resourcesOf(graph, "aws:lambda/function:Function").flatMap(
        ({ inputs }) => inputs.environment.variables.FFMPEG_BIN ?? [],
      );
      expect(ffmpegs).toEqual(["/opt/ffmpeg", "/opt/ffmpeg"]);
      expect(graph.builds.flatMap(({ copyFiles }) => copyFiles)).toEqual([]);
    },
    SLOW_MS,
  );
});

describe("a deployment", () => {
  it(
    "is refused when its ffmpeg could not run on Lambda",
    async () => {
      await using folder = await testFolder();
      const path = join(folder.path, "ffmpeg");
      await writeFile(path, Buffer.from("cffaedfe0c000001", "hex"), { mode: 0o755 });
      const refused = evaluateStage("ada", { FFMPEG_LAMBDA_BIN: path });
      await expect(refused).rejects.toThrow(`${path} cannot be packed for Lambda: it is a program for macOS. Install`);
    },
    SLOW_MS,
  );
});

describe("what is brought", () => {
  it(
    "is looked at before anything is created, every problem in one message",
    async () => {
      const environment = { ...brought, AWS_SNS_TOPIC: "clips.fifo", S3_BUCKET_DESTINATION: "./clips" };
      const refused = evaluateStage("staging", environment);
      await expect(refused).rejects.toThrow("2 bad settings");
      await expect(refused).rejects.toThrow('AWS_SNS_TOPIC="clips.fifo": a FIFO topic; a standard one is needed');
    },
    SLOW_MS,
  );
});

describe("a stage", () => {
  it(
    "is refused when its name would not fit into the names of its resources",
    async () => {
      await expect(evaluateStage("a".repeat(31), {})).rejects.toThrow("is longer than 30 characters");
    },
    SLOW_MS,
  );
});

describe("a shared stage", () => {
  it(
    "is refused with every bad setting in one message",
    async () => {
      const environment = { ...exampleEnvironment, CLIP_URL: "", CAM_SERVICES_URL: "cameras", SQS_TIMEOUT: "soon" };
      const refused = evaluateStage("production", environment);
      await expect(refused).rejects.toThrow("3 bad settings");
      await expect(refused).rejects.toThrow('SQS_TIMEOUT="soon"');
      await expect(refused).rejects.toThrow('CAM_SERVICES_URL="cameras"');
      await expect(refused).rejects.toThrow("CLIP_URL is missing");
    },
    SLOW_MS,
  );
});
