import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "@camclips/testing/test-server";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { connect } from "./connect.ts";
import { connectCameras } from "./connect-cameras.ts";

const wiring = {
  busName: "bus",
  recordsTable: "clip-records",
  workBucket: "work",
  originBucket: "linked-recordings",
  destinationBucket: "clips",
  topicArn: "arn:aws:sns:eu-west-1:1:clips",
  scheduleGroup: "group",
  scheduleRoleArn: "arn:aws:iam::1:role/scheduler",
  scheduleDlqArn: "arn:aws:sqs:eu-west-1:1:dlq",
  stageQueues: {
    "publish-clip": { arn: "arn:aws:sqs:eu-west-1:1:publish", url: "https://sqs.eu-west-1.amazonaws.com/1/publish" },
  },
};

let linked: Record<string, unknown> = {};

/** As SST's own: it throws for what is not linked. */
vi.mock("sst", () => ({
  Resource: new Proxy(
    {},
    {
      has: (_, name) => name in linked,
      get(_, name) {
        if (name in linked) return linked[String(name)];
        throw new Error(`"${String(name)}" is not linked in your sst.config.ts`);
      },
    },
  ),
}));

function coldStart(environment: Record<string, string>, links: Record<string, unknown>) {
  vi.unstubAllEnvs();
  linked = links;
  for (const [name, value] of Object.entries({ AWS_REGION: "eu-west-1", ...environment })) vi.stubEnv(name, value);
  return connect();
}

const settings = {
  CAM_SERVICES_URL: "https://cams.test.com",
  RECORDINGS_URL: "https://recordings.test.com",
  CLIP_URL: "https://clips.test.com",
};

describe("the composition root on AWS", () => {
  let scratch: string;
  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), "camclips-connect-"));
    return () => rm(scratch, { recursive: true, force: true });
  });

  it("takes the wiring from the links and the settings from the environment", async () => {
    const { deps, flush } = await coldStart({ ...settings, CLIP_DOWNLOAD_DEST: scratch }, { Wiring: wiring });
    expect(deps.destinationBucket).toBe("clips");
    expect(deps.settings).toMatchObject({ ...settings, S3_BUCKET_ORIGIN: "linked-recordings" });
    await using folder = await deps.scratch();
    expect(folder.path.startsWith(scratch)).toBe(true);
    flush();
  });

  it("sends the camera service's token where one is linked", async () => {
    await using server = await startServer((_, response) => void response.end('{"alias":"a"}'));
    const environment = { ...settings, CAM_SERVICES_URL: server.url, CLIP_DOWNLOAD_DEST: scratch };
    for (const value of ["secret", ""]) {
      const { deps } = await coldStart(environment, { Wiring: wiring, CameraServiceToken: { value } });
      const { cameras } = await connectCameras({}, deps.settings);
      await cameras.alias("cam-1");
    }
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer secret", undefined]);
  });

  it("gives messages back to the queue that they came from, wherever it is, and minds no failure", async () => {
    await using server = await startServer((_, response) => void response.writeHead(400).end());
    const keys = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
    const environment = { ...settings, ...keys, AWS_ENDPOINT_URL: server.url, CLIP_DOWNLOAD_DEST: scratch };
    const url = "https://sqs.eusc-de-east-1.amazonaws.eu/1/publish";
    const arn = "arn:aws-eusc:sqs:eusc-de-east-1:1:render-high";
    const stageQueues = { "render-clip": { arn: `${arn}er`, url: `${url}er` }, "render-clip-high": { arn, url } };
    const { release } = await coldStart(environment, { Wiring: { ...wiring, stageQueues } });
    await release(arn, "receipt", 45);
    const calls = server.requests.map(({ body }) => JSON.parse(body));
    expect(calls).toEqual([{ QueueUrl: url, ReceiptHandle: "receipt", VisibilityTimeout: 45 }]);
  });

  it("lists every bad setting in one message", async () => {
    const environment = { SQS_TIMEOUT: "soon", CLIP_DOWNLOAD_DEST: scratch };
    const start = coldStart(environment, { Wiring: wiring });
    await expect(start).rejects.toThrow(/^4 bad settings:/);
    await expect(start).rejects.toThrow(/SQS_TIMEOUT="soon"/);
    await expect(start).rejects.toThrow(/CAM_SERVICES_URL is missing/);
  });

  it("does not start without its links, or with half of them", async () => {
    await expect(coldStart(settings, {})).rejects.toThrow(/Wiring/);
    await expect(coldStart(settings, { Wiring: { busName: "bus" } })).rejects.toThrow(/workBucket/);
  });

  it("removes scratch folders of processes that are gone, and nothing else in a folder that others use, too", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const stay = ["camclips-cli-PYwyHc", `camclips-${process.ppid}-abcdef`, `camclips-${pid}-abcdef-mine`, "other"];
    for (const name of [...stay, `camclips-${pid}-abcdef`, `camclips-${process.pid}-ABC123`])
      await mkdir(join(scratch, name, "inside"), { recursive: true });
    await coldStart({ ...settings, CLIP_DOWNLOAD_DEST: scratch }, { Wiring: wiring });
    expect((await readdir(scratch)).sort()).toEqual([...stay].sort());
  });
});
