import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createFolderStore } from "@camclips/local";
import { startCameraService } from "@camclips/local/camera-service";
import { after, type Folder, makeHarbour, START_MS, temporaryFolder } from "@camclips/testing/cli/fixtures";
import { type CliResult, later, runCli } from "@camclips/testing/cli/run-cli";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sqsEvent } from "./sample-events.ts";

let folder: Folder;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const FAKE = ["--camera-service", "fake"];
const CLIP_URL = "https://clips.test";
const run = (args: string[], env: Record<string, string> = {}, input = "", cwd = folder.path) =>
  runCli(args, { cwd, env: { CLIP_URL, ...env }, input });

/** What every status but CLIP_AVAILABLE and CLIP_PENDING looks like: contract, section 5. */
const refusal = (body: Body, status: string, reason: string) => ({
  clipId: body.clipId,
  cameraId: body.cameraId,
  startTimestampInMs: body.startTimestampInMs,
  endTimestampInMs: body.endTimestampInMs,
  status,
  thumbnail: { sizes: [] },
  retryTimestamps: [],
  reason,
  retryable: false,
  message: expect.any(String),
});

interface Body {
  clipId: string;
  cameraId: string;
  startTimestampInMs: number;
  endTimestampInMs: number;
  retryTimestamps: number[];
}

interface Record_ {
  body: string;
  attributes: { SentTimestamp: string };
}

/** Writes a sample with `camclips event`, checks it, and gives back its one record. */
async function sample(flag: string): Promise<{ record: Record_; body: Body; sentMs: number }> {
  const { code, stdout } = await run(["event", flag, "--out", "-"]);
  expect(code).toBe(0);
  const event = JSON.parse(stdout);
  expect(event.Records).toHaveLength(1);
  const [record] = event.Records;
  expect(Object.keys(record)).toEqual([
    ...["messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody"],
    ...["eventSource", "eventSourceARN", "awsRegion"],
  ]);
  expect(record.body).toMatch(/^\{'clipId': '[0-9a-f]{24}', 'retryTimestamps': \[\], 'cameraId': '/);
  return {
    record,
    body: JSON.parse(record.body.replaceAll("'", '"')),
    sentMs: Number(record.attributes.SentTimestamp),
  };
}

const eventOf = (...messages: [body: string, sentMs: number][]): string =>
  JSON.stringify({ Records: messages.flatMap(([body, sentMs]) => sqsEvent(body, sentMs).Records) });

const jsonOf = ({ stdout, stderr }: CliResult) => {
  expect(stdout, stderr).not.toBe("");
  return JSON.parse(stdout);
};

describe("camclips event and camclips invoke", { timeout: 60_000 }, () => {
  it("tell every sample event the status that it is named after, without any real service", async () => {
    const [a, p, n, o, t] = await Promise.all(["-a", "-p", "-n", "-o", "-t"].map(sample));
    if (!a || !p || !n || !o || !t) throw new Error("a sample is missing");
    const records = [a, p, n, o, t].map(({ record }) => record);
    await writeFile(join(folder.path, "event.json"), JSON.stringify({ Records: records }));

    const result = await run(["invoke", ...FAKE, "--json"]);
    expect(result.code).toBe(3);
    const [available, pending, notAvailable, outOfRange, tooLong] = jsonOf(result);
    const { clipId, cameraId } = a.body;
    const objects = (camera: string, clip: string) => ({
      bucket: ".camclips/destination",
      clip: { url: `https://clips.test/${camera}/${clip}.mp4`, key: `/${camera}/${clip}.mp4` },
      thumbnail: {
        url: `https://clips.test/${camera}/${clip}_{size}.jpg`,
        key: `/${camera}/${clip}_{size}.jpg`,
        sizes: [80],
      },
    });
    expect(available).toMatchObject({ ...a.body, status: "CLIP_AVAILABLE", ...objects(cameraId, clipId) });
    expect(available).not.toHaveProperty("reason");
    const range = [p.body.startTimestampInMs, p.body.endTimestampInMs];
    expect(pending).toEqual({
      ...p.body,
      status: "CLIP_PENDING",
      ...objects(p.body.cameraId, p.body.clipId),
      retryTimestamps: [p.sentMs],
      reason: "RECORDING_NOT_YET_AVAILABLE",
      retryable: true,
      attempt: 1,
      nextAttemptAt: expect.stringMatching(/Z$/),
      deadlineAt: expect.stringMatching(/Z$/),
      missing: [range],
    });
    const coverage = expect.any(Object);
    expect(notAvailable).toEqual({ ...refusal(n.body, "CLIP_NOT_AVAILABLE", "NO_FOOTAGE"), coverage });
    expect(outOfRange).toEqual({ ...refusal(o.body, "CLIP_OUT_OF_RANGE", "BEFORE_RETENTION"), coverage });
    expect(tooLong).toEqual(refusal(t.body, "CLIP_TOO_LONG", "CLIP_TOO_LONG"));
    expect(result.stderr).toContain("run camclips invoke again after that time, or with --wait");

    const timeline = jsonOf(await run(["timeline", clipId, "--json"]));
    expect(timeline.map(({ event }: { event: string }) => event)).toEqual([
      ...["RequestAccepted", "SourcesLocated", "SourcesDownloaded", "ClipRendered", "ThumbnailsRendered"],
      "ClipPublished",
    ]);
    expect(timeline.at(-1)).toMatchObject({ stage: "publish-clip", status: "CLIP_AVAILABLE" });
    const readable = await run(["timeline", p.body.clipId]);
    expect(readable.stdout).toMatch(/\+0\.000 s +accept-request +RequestAccepted/);
    expect(readable.stdout).toMatch(/locate-sources +SourcesPending +CLIP_PENDING RECORDING_NOT_YET_AVAILABLE/);
  });

  it("tell a request that was retried too often CLIP_RETRY_TIMEOUT", async () => {
    const cwd = join(folder.path, "retried");
    const sources = join(cwd, ".camclips/invoke/work/sources");
    await mkdir(join(sources, "of-last-week"), { recursive: true });
    await utimes(join(sources, "of-last-week"), 1, 1);
    const sentMs = Date.now();
    const retryTimestamps = Array.from({ length: 16 }, (_, index) => sentMs - (16 - index) * 60_000);
    const body = { clipId: "tried", cameraId: "5834a0d2e411dc743a5d52b1", retryTimestamps };
    const range = { startTimestampInMs: sentMs - 1_000_000, endTimestampInMs: sentMs - 990_000 };
    const event = eventOf([JSON.stringify({ ...body, ...range }), sentMs]);
    const result = await run(["invoke", "-", ...FAKE, "--json"], {}, event, cwd);
    expect(result.code).toBe(3);
    const expected = refusal({ ...body, ...range }, "CLIP_RETRY_TIMEOUT", "NO_FOOTAGE");
    expect(jsonOf(result)).toEqual([{ ...expected, retryTimestamps, coverage: expect.any(Object) }]);
    // Copies of recordings are removed a day after their clip.
    expect(await readdir(sources)).toEqual([]);
  });

  it("say what became of clips that were asked for earlier, beside their own", async () => {
    const cwd = join(folder.path, "earlier");
    await mkdir(cwd);
    const [earlier, own] = await Promise.all([sample("-p"), sample("-t")]);
    const event = ({ record }: { record: Record_ }) => JSON.stringify({ Records: [record] });
    const pending = await run(["invoke", "-", ...FAKE], {}, event(earlier), cwd);
    expect(pending.code, pending.stderr).toBe(4);

    const rules = { SQS_TIMEOUT: "1", SQS_RETRY_LIMIT: "1" };
    const result = await run(["invoke", "-", ...FAKE, "--json"], { ...rules, ...later(61_000) }, event(own), cwd);
    expect(result.code).toBe(3);
    expect(jsonOf(result)).toMatchObject([{ clipId: own.body.clipId, status: "CLIP_TOO_LONG" }]);
    expect(result.stderr).toContain(`${earlier.body.clipId}, asked for earlier, is taken up as well\n`);
    expect(result.stderr).toMatch(new RegExp(`^asked for earlier: ${earlier.body.clipId}  CLIP_NOT_AVAILABLE`, "m"));
    expect(result.stderr).toMatch(new RegExp(`^${own.body.clipId}  CLIP_TOO_LONG  [^C]`, "m"));
    expect(result.stderr).not.toContain("CLIP_TOO_LONG CLIP_TOO_LONG");
  });

  it("answer bad requests as far as they can be answered, and name those that cannot", async () => {
    const cwd = join(folder.path, "bad");
    await mkdir(cwd);
    const good = {
      cameraId: "5834a0d2e411dc743a5d52b1",
      startTimestampInMs: START_MS,
      endTimestampInMs: START_MS + 1000,
    };
    const bad = [
      { ...good, clipId: "swapped", endTimestampInMs: START_MS - 1000 },
      { ...good, clipId: "seconds", startTimestampInMs: START_MS / 1000 },
      { ...good, clipId: "floats", startTimestampInMs: START_MS + 0.5 },
      { ...good, clipId: "slash", cameraId: "../../etc" },
      { ...good, clipId: "unknown", cameraId: "nobody" },
    ];
    const unreadable = [
      "hello",
      JSON.stringify({ ...good, clipId: "a/b.c d" }),
      JSON.stringify({ ...good, clipId: "x".repeat(10_000) }),
    ];
    const bodies = [...bad.map((body) => JSON.stringify(body)), ...unreadable];
    const event = eventOf(...bodies.map((body): [string, number] => [body, START_MS + 60_000]));
    const result = await run(["invoke", "-", ...FAKE, "--json"], {}, event, cwd);
    expect(result.code).toBe(2);
    const told = jsonOf(result);
    for (const metadata of told.slice(0, 4)) {
      expect(metadata).toMatchObject({ status: "FATAL_ERROR", reason: "INVALID_REQUEST", thumbnail: { sizes: [] } });
    }
    expect(told[4]).toEqual(
      refusal({ ...good, clipId: "unknown", cameraId: "nobody", retryTimestamps: [] }, "FATAL_ERROR", "UNKNOWN_CAMERA"),
    );
    for (const entry of told.slice(5))
      expect(entry).toMatchObject({ status: null, error: expect.stringContaining("Unreadable") });
    expect(result.stderr.match(/^camclips: message .*dead letters of accept-request/gm)).toHaveLength(3);
  });

  it("run the contract's message as it stands, with settings of a stage, recordings in a folder and a real service", async () => {
    const cwd = join(folder.path, "served");
    await mkdir(cwd);
    const message =
      "{'clipId': u'507f191e810c19729de860ea', 'retryTimestamps': [], 'cameraId': '583499c4e411dc743a5d5296', 'startTimestampInMs': 1540954322051, 'endTimestampInMs': '1540954325051'}";
    await makeHarbour(join(cwd, "origin"), 2);
    const footage = [0, 4000].map((at) => ({
      key: `harbour.stream.${after(at).replace(/[-:.Z]/g, "")}.mp4`,
      startMs: START_MS + at,
      endMs: START_MS + at + 4000,
    }));
    await using service = await startCameraService({
      cameras: new Map([["583499c4e411dc743a5d5296", { alias: "harbour", recordings: () => footage }]]),
    });
    await writeFile(
      join(cwd, ".env"),
      `CAM_SERVICES_URL=${service.url}\nRECORDINGS_URL=http://wrong.invalid\nS3_BUCKET_ORIGIN=./origin\n`,
    );
    await writeFile(join(cwd, ".env.test"), `RECORDINGS_URL=${service.url}\nS3_BUCKET_DESTINATION=./bucket\n`);
    await writeFile(join(cwd, "message.txt"), message);
    const args = ["invoke", "message.txt", "--stage", "test", "--json"];
    const result = await run(args, {}, "", cwd);
    expect(result.code, result.stderr).toBe(0);
    expect(jsonOf(result)).toMatchObject([{ status: "CLIP_AVAILABLE", bucket: "./bucket", clip: { frames: 75 } }]);
    expect(service.puts.map(({ body }) => body)).toEqual(jsonOf(result));
    const bucket = createFolderStore(join(cwd, "bucket"));
    expect(await Array.fromAsync(bucket.list(""))).toEqual(
      [".mp4", "_80.jpg", "_original.jpg"].map((end) => `583499c4e411dc743a5d5296/507f191e810c19729de860ea${end}`),
    );

    expect(jsonOf(await run(args, {}, "", cwd))).toEqual(jsonOf(result));
    expect(service.puts).toHaveLength(1);
    const { stdout } = await run(["invoke", "message.txt", "--stage", "test"], {}, "", cwd);
    expect(stdout).toContain("  clip       bucket/583499c4e411dc743a5d5296/507f191e810c19729de860ea.mp4\n");
    expect(stdout).toContain("bucket/583499c4e411dc743a5d5296/507f191e810c19729de860ea_{80,original}.jpg\n");

    footage.push({
      key: `harbour.stream.${after(8000).replace(/[-:.Z]/g, "")}.mp4`,
      startMs: START_MS + 8000,
      endMs: START_MS + 12_000,
    });
    const gone = eventOf([
      message.replace("507f", "607f").replace("4322051", "4328051").replace("4325051", "4331051"),
      START_MS + 2 * 24 * 3600_000,
    ]);
    const deleted = await run(["invoke", "-", "--stage", "test", "--json"], {}, gone, cwd);
    expect(jsonOf(deleted)).toMatchObject([{ status: "CLIP_NOT_AVAILABLE", reason: "SOURCE_DELETED" }]);
  });

  it("keep the work when the camera service is out, and finish it when it is back", async () => {
    const footage = [
      { key: `harbour.stream.${after(0).replace(/[-:.Z]/g, "")}.mp4`, startMs: START_MS, endMs: START_MS + 4000 },
    ];
    await makeHarbour(join(folder.path, "outage"), 1);
    await using service = await startCameraService({
      cameras: new Map([["cam", { alias: "harbour", recordings: () => footage }]]),
    });
    let calls = 0;
    service.intercept = (_, response) => {
      calls += 1;
      if (calls % 2 === 0) response.writeHead(500).end("{}");
      else response.writeHead(200).end("<html>maintenance</html>");
      return true;
    };
    const env = { CAM_SERVICES_URL: service.url, RECORDINGS_URL: service.url, S3_BUCKET_ORIGIN: "./outage" };
    const body = { clipId: "outage", cameraId: "cam", startTimestampInMs: START_MS, endTimestampInMs: START_MS + 1000 };
    await writeFile(join(folder.path, "outage.json"), eventOf([JSON.stringify(body), START_MS + 60_000]));
    const args = ["invoke", "outage.json", "--state", "outage-state", "--json"];
    const out = await run(args, env);
    expect(out.code, out.stderr).toBe(4);
    expect(jsonOf(out)).toMatchObject([{ clipId: "outage", status: null, nextAttemptAt: expect.any(String) }]);
    expect(out.stderr).toContain("locate-sources: stage will retry: CAMERA_SERVICE_UNAVAILABLE");
    expect(out.stderr).toContain("locate-sources tries again at");

    service.intercept = undefined;
    const back = await run([...args, "--wait"], env);
    expect(back.code, back.stderr).toBe(0);
    expect(jsonOf(back)).toMatchObject([{ status: "CLIP_AVAILABLE", clip: { frames: 25 } }]);

    const cwd = join(folder.path, "here");
    await mkdir(cwd);
    const stateHere = ["invoke", "../outage.json", "--state", ".", "--json"];
    const here = await run(stateHere, { ...env, S3_BUCKET_ORIGIN: "../outage" }, "", cwd);
    expect(jsonOf(here)).toMatchObject([{ status: "CLIP_AVAILABLE", bucket: "./destination" }]);
  });
});
