import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFolder } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { profileOf } from "../profile.ts";
import { settingsOf } from "../settings.ts";
import { checkBrought } from "./check.ts";
import type { Answer, BucketFacts, KeyFacts, LookUps, QueueFacts, TopicFacts } from "./facts.ts";

const place = { account: "123456789012", region: "eu-west-1", partition: "aws", dnsSuffix: "amazonaws.com" };
const KEY = "arn:aws:kms:eu-west-1:123456789012:key/1111-2222";

const required = {
  CAM_SERVICES_URL: "https://cameras.example.com",
  RECORDINGS_URL: "https://recordings.example.com",
  CLIP_URL: "https://clips.example.com",
  S3_BUCKET_ORIGIN: "recordings",
};

const found = <Facts>(facts: Facts): Answer<Facts> => ({ kind: "found", facts });
const bucketFacts = {
  region: "eu-west-1",
  kmsKey: undefined,
  isVersioned: true,
  abortsUploads: true,
  tellsEventBridge: false,
};
const keyFacts = { spec: "ECC_NIST_P256", usage: "SIGN_VERIFY", isEnabled: true };
const queueFacts = { visibilitySeconds: 360, kmsKey: undefined, maxReceives: 10 };

interface World {
  bucket?: Answer<BucketFacts>;
  queue?: Answer<QueueFacts>;
  topic?: Answer<TopicFacts>;
  key?: Answer<KeyFacts>;
  atOnce?: number;
}

const asked: string[] = [];

async function findings(environment: Record<string, string>, world: World = {}) {
  asked.length = 0;
  const answer =
    <Facts>(given: Answer<Facts> | undefined, usual: Facts) =>
    async (name: string) => {
      asked.push(name);
      return given ?? found(usual);
    };
  const look: LookUps = {
    bucket: answer(world.bucket, bucketFacts),
    queue: answer(world.queue, queueFacts),
    topic: answer(world.topic, { kmsKey: undefined }),
    key: answer(world.key, keyFacts),
    functionsAtOnce: async () => world.atOnce,
  };
  const settings = settingsOf("staging", profileOf("staging"), { ...required, ...environment });
  return checkBrought(settings, place, look);
}

const problems = async (...args: Parameters<typeof findings>) => (await findings(...args)).problems;
const warnings = async (...args: Parameters<typeof findings>) => (await findings(...args)).warnings;

describe("brought resources that fit", () => {
  it("are found under every way to name them, and nothing is said", async () => {
    const byName = { S3_BUCKET_DESTINATION: "clips", AWS_SNS_TOPIC: "clips", AWS_SQS_QUEUE: "requests" };
    expect(await findings(byName, { atOnce: 1000 })).toEqual({ problems: [], warnings: [] });
    expect(asked).toEqual([
      "recordings",
      "clips",
      "arn:aws:sns:eu-west-1:123456789012:clips",
      "https://sqs.eu-west-1.amazonaws.com/123456789012/requests",
    ]);
    const arns = {
      AWS_SNS_TOPIC: "arn:aws:sns:eu-west-1:210987654321:clips",
      AWS_SQS_QUEUE: "arn:aws:sqs:eu-west-1:210987654321:requests",
    };
    expect(await findings(arns)).toEqual({ problems: [], warnings: [] });
    expect(asked.slice(1)).toEqual([arns.AWS_SNS_TOPIC, "https://sqs.eu-west-1.amazonaws.com/210987654321/requests"]);
  });

  it.each(["alias/aws/s3", "arn:aws:kms:eu-west-1:123456789012:alias/aws/s3", KEY])(
    "may be encrypted with AWS's own keys, and those that are named: %s",
    async (kmsKey) => {
      const world = {
        bucket: found({ ...bucketFacts, kmsKey }),
        queue: found({ ...queueFacts, kmsKey }),
        topic: found({ kmsKey }),
      };
      const environment = { AWS_SNS_TOPIC: "clips", AWS_SQS_QUEUE: "requests", KMS_KEY_ARNS: KEY };
      expect(await findings(environment, world)).toEqual({ problems: [], warnings: [] });
    },
  );
});

describe("a deployment is refused where", () => {
  const missing = { kind: "missing" } as const;
  it.each<[string, Record<string, string>, World, string]>([
    ["a bucket is not there", {}, { bucket: missing }, 'S3_BUCKET_ORIGIN="recordings": there is no such bucket'],
    [
      "a bucket is in another region",
      {},
      { bucket: found({ ...bucketFacts, region: "us-east-1" }) },
      'S3_BUCKET_ORIGIN="recordings": lies in us-east-1, the stage in eu-west-1; deploy with AWS_REGION=us-east-1, or name one there',
    ],
    [
      "a bucket of somebody else is in another region",
      {},
      { bucket: { kind: "hidden", why: "403", region: "us-east-1" } },
      'S3_BUCKET_ORIGIN="recordings": lies in us-east-1',
    ],
    ["a folder is named", { S3_BUCKET_ORIGIN: "./recordings" }, {}, "a deployment needs a bucket's name"],
    [
      "nobody may use a bucket's key",
      {},
      { bucket: found({ ...bucketFacts, kmsKey: KEY }) },
      `S3_BUCKET_ORIGIN="recordings": is encrypted with ${KEY}, which KMS_KEY_ARNS does not name`,
    ],
    [
      "nobody may use a topic's key",
      { AWS_SNS_TOPIC: "t" },
      { topic: found({ kmsKey: KEY }) },
      "KMS_KEY_ARNS does not",
    ],
    [
      "nobody may use a queue's key",
      { AWS_SQS_QUEUE: "q" },
      { queue: found({ ...queueFacts, kmsKey: KEY }) },
      "KMS_KEY_ARNS does not",
    ],
    ["a topic is a FIFO one", { AWS_SNS_TOPIC: "clips.fifo" }, {}, "a FIFO topic; a standard one is needed"],
    [
      "a topic is in another region",
      { AWS_SNS_TOPIC: "arn:aws:sns:us-east-1:123456789012:clips" },
      {},
      "lies in us-east-1, the stage in eu-west-1",
    ],
    ["a topic is not there", { AWS_SNS_TOPIC: "clips" }, { topic: missing }, "there is no such topic in eu-west-1"],
    ["a queue is a FIFO one", { AWS_SQS_QUEUE: "requests.fifo" }, {}, "a FIFO queue; a standard one is needed"],
    [
      "a queue is in another region",
      { AWS_SQS_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/123456789012/requests" },
      {},
      "lies in us-east-1, the stage in eu-west-1",
    ],
    ["a queue is not there", { AWS_SQS_QUEUE: "requests" }, { queue: missing }, "there is no such queue in eu-west-1"],
    [
      "two queues are named",
      { AWS_SQS_QUEUE: "requests", AWS_SQS_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/others" },
      {},
      'AWS_SQS_QUEUE="requests": AWS_SQS_QUEUE_URL names another queue',
    ],
    [
      "a queue hides messages for less than the function runs",
      { AWS_SQS_QUEUE: "requests" },
      { queue: found({ ...queueFacts, visibilitySeconds: 30 }) },
      "hides messages for 30 s; AWS asks for 60 at least, 360 are right",
    ],
    [
      "a distribution would stand before somebody else's bucket",
      { S3_BUCKET_DESTINATION: "clips", CLIP_ACCESS: "cloudfront" },
      {},
      "serves a bucket that the stack creates",
    ],
    [
      "alarms would not arrive",
      { ALARM_TOPIC: "arn:aws:sns:eu-west-1:123456789012:on-call" },
      { topic: found({ kmsKey: "alias/aws/sns" }) },
      "CloudWatch may not use alias/aws/sns, so no alarm would arrive",
    ],
  ])("%s", async (_, environment, world, line) => {
    expect((await problems(environment, world)).join("\n")).toContain(line);
  });
});

describe("a deployment goes on, with a warning, where", () => {
  it.each<[string, Record<string, string>, World, string]>([
    [
      "something may not be looked at",
      {},
      { bucket: { kind: "hidden", why: "403 Forbidden" } },
      'S3_BUCKET_ORIGIN="recordings": cannot be looked at (403 Forbidden)',
    ],
    [
      "a destination has no versions",
      { S3_BUCKET_DESTINATION: "clips" },
      { bucket: found({ ...bucketFacts, isVersioned: false }) },
      'S3_BUCKET_DESTINATION="clips": no versioning',
    ],
    [
      "a destination keeps unfinished uploads",
      { S3_BUCKET_DESTINATION: "clips" },
      { bucket: found({ ...bucketFacts, abortsUploads: false }) },
      "no lifecycle rule ends unfinished uploads",
    ],
    [
      "a queue hides messages for less than six function time-outs",
      { AWS_SQS_QUEUE: "requests" },
      { queue: found({ ...queueFacts, visibilitySeconds: 60 }) },
      "hides messages for 60 s; 360 are right",
    ],
    [
      "a queue has no dead letters",
      { AWS_SQS_QUEUE: "requests" },
      { queue: found({ ...queueFacts, maxReceives: undefined }) },
      "no dead-letter queue",
    ],
    [
      "a queue gives up soon",
      { AWS_SQS_QUEUE: "requests" },
      { queue: found({ ...queueFacts, maxReceives: 3 }) },
      "gives a message up after 3 receives",
    ],
    [
      "a key is named by an alias",
      {},
      { bucket: found({ ...bucketFacts, kmsKey: "alias/ours" }) },
      "KMS_KEY_ARNS must name that key's ARN",
    ],
    [
      "the alarms' topic has a key of its own",
      { ALARM_TOPIC: "arn:aws:sns:eu-west-1:123456789012:on-call" },
      { topic: found({ kmsKey: KEY }) },
      `alarms arrive only if the policy of ${KEY} lets cloudwatch.amazonaws.com use it`,
    ],
    [
      "the account is new",
      {},
      { atOnce: 10 },
      "the account runs 10 functions at once in this region, the stages ask for",
    ],
  ])("%s", async (_, environment, world, line) => {
    const said = await findings(environment, world);
    expect(said.problems).toEqual([]);
    expect(said.warnings.join("\n")).toContain(line);
  });

  it("but of an origin nothing is expected that only writing needs", async () => {
    expect(await warnings({}, { bucket: found({ ...bucketFacts, isVersioned: false, abortsUploads: false }) })).toEqual(
      [],
    );
  });
});

describe("the key that signs", () => {
  it("fits when it is a P-256 key in KMS that is enabled", async () => {
    expect(await findings({ EVIDENCE_KEY: KEY })).toEqual({ problems: [], warnings: [] });
    expect(asked).toContain(KEY);
  });

  it.each([
    ["evidence/key.pem", {}, "signs with a key in KMS, named by its ARN"],
    ["arn:aws:kms:eu-west-1:123456789012:alias/clips", {}, "named by its ARN (no alias)"],
    [KEY, { key: { kind: "missing" } as const }, "there is no such key; make one with: aws kms create-key"],
    [KEY, { key: found({ ...keyFacts, spec: "RSA_2048" }) }, "is a RSA_2048 key to SIGN_VERIFY"],
    [KEY, { key: found({ ...keyFacts, usage: "KEY_AGREEMENT" }) }, "is a ECC_NIST_P256 key to KEY_AGREEMENT"],
    [KEY, { key: found({ ...keyFacts, isEnabled: false }) }, "is disabled"],
  ])("%s does not do: %o", async (EVIDENCE_KEY, world, line) => {
    expect((await problems({ EVIDENCE_KEY }, world)).join()).toContain(line);
  });
});

describe("the key that signs links", () => {
  const pem = (type: "rsa" | "ec") => {
    const { privateKey } =
      type === "rsa"
        ? generateKeyPairSync("rsa", { modulusLength: 2048 })
        : generateKeyPairSync("ec", { namedCurve: "P-256" });
    return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  };

  it("fits where it is an RSA key of 2048 bits", async () => {
    await using folder = await testFolder();
    const path = join(folder.path, "links.pem");
    await writeFile(path, pem("rsa"));
    expect(await problems({ CLIP_ACCESS: "signed", CLIP_LINKS_KEY: path })).toEqual([]);
    await writeFile(path, pem("ec"));
    expect((await problems({ CLIP_ACCESS: "signed", CLIP_LINKS_KEY: path })).join()).toContain("no RSA key of 2048");
  });

  it.each([
    [{ CLIP_ACCESS: "signed" }, "name the key that signs in CLIP_LINKS_KEY"],
    [{ CLIP_ACCESS: "signed", CLIP_LINKS_KEY: "none.pem" }, "no private key can be read there"],
    [{ CLIP_LINKS_KEY: "links.pem" }, "and nowhere else"],
    [{ CLIP_ACCESS: "signed", S3_BUCKET_DESTINATION: "clips" }, "leave S3_BUCKET_DESTINATION empty"],
  ])("%o is told what is missing", async (environment, line) => {
    expect((await problems(environment as Record<string, string>)).join()).toContain(line);
  });
});

describe("the origin bucket, where new footage is to wake clips,", () => {
  const told = (tellsEventBridge: boolean | undefined, EARLY_WAKE = "true") =>
    warnings({ EARLY_WAKE }, { bucket: found({ ...bucketFacts, tellsEventBridge }) });

  it("is told to send events, and how, unless it does", async () => {
    expect(await told(true)).toEqual([]);
    const [line] = await told(false);
    expect(line).toContain('S3_BUCKET_ORIGIN="recordings": EARLY_WAKE is on, and the bucket sends no events');
    expect(line).toContain("put-bucket-notification-configuration --bucket recordings");
    expect((await told(undefined))[0]).toContain("may send no events");
    expect(await told(false, "false")).toEqual([]);
  });

  it("is the only one that is asked", async () => {
    const destination = { EARLY_WAKE: "true", S3_BUCKET_DESTINATION: "clips" };
    expect(await warnings(destination, { bucket: found(bucketFacts) })).toHaveLength(1);
  });
});
