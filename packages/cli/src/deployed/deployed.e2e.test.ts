import { eventEntry, groupItemsEntry, requestKey, terminalEntry } from "@camclips/core";
import {
  type AnyEvent,
  ClipPublished,
  firstEvent,
  nextEvent,
  parseEnvelope,
  RequestAccepted,
  SourcesLocated,
  toEnvelope,
} from "@camclips/events";
import { FakeAws } from "@camclips/testing/cli/fake-aws";
import { type Folder, START_MS, temporaryFolder } from "@camclips/testing/cli/fixtures";
import { runCli } from "@camclips/testing/cli/run-cli";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let aws: FakeAws;
let folder: Folder;

const names = ["accept-request", "locate-sources", "render-clip", "publish-clip", "record-event", "check-deadline"];
const url = (name: string) => `https://sqs.eu-west-1.amazonaws.com/000000000000/${name}`;
const part = (name: string) => ({
  functionName: name,
  queueUrl: url(name),
  dlqUrl: url(`${name}-dlq`),
  ruleArns: /accept|deadline/.test(name) ? [] : [`arn:${name}`, `arn:${name}-high`],
});
const outputs = {
  busArn: "arn:bus",
  busName: "bus",
  destinationBucket: "clips",
  scheduleGroup: "schedules",
  scheduleDlqUrl: url("schedules-dlq"),
  archiveArn: "arn:archive",
  requestQueueUrl: url("accept-request"),
  recordsTable: "records",
  stages: Object.fromEntries(names.map((name) => [name, part(name)])),
};

const request = {
  clipId: "clip",
  cameraId: "camera",
  startMs: START_MS,
  endMs: START_MS + 1000,
  retryTimestamps: [],
  gapPolicy: "SKIP_GAPS" as const,
  sentMs: START_MS + 5000,
};
const rangeInBody = { startTimestampInMs: request.startMs, endTimestampInMs: request.endMs };
const at = (ms: number) => new Date(request.sentMs + ms).toISOString();
const origin = { clipId: "clip", key: "key", deadlineAt: at(1e6) };
const accepted = firstEvent(RequestAccepted.happened({ request }), 1, origin, at(0)) as AnyEvent;
const source = { key: "a.mp4", startMs: START_MS, endMs: START_MS + 9000, fromMs: START_MS, toMs: START_MS + 1000 };
const located = SourcesLocated.happened({ request, alias: "harbour", sources: [source], gaps: [] });
const second = nextEvent(located, 1, accepted, at(50)) as AnyEvent;
const told = { status: "CLIP_AVAILABLE" as const, clipMetadata: {}, notified: true };
const last = nextEvent(ClipPublished.happened(told), 1, second, at(90)) as AnyEvent;
const text = (event: AnyEvent) => JSON.stringify(toEnvelope(event));

beforeAll(async () => {
  [aws, folder] = await Promise.all([FakeAws.start(), temporaryFolder()]);
  aws.parameters.set("/camclips/test/outputs", JSON.stringify(outputs));
  for (const event of [accepted, second, last])
    aws.entries.push({ ...eventEntry("clip", event.metadata.id), value: toEnvelope(event) });
});
afterAll(async () => {
  await aws[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const run = (args: string[], input = "") =>
  runCli([...args, "--stage", "test"], { cwd: folder.path, env: aws.environment, input });

const sentTo = (queue: string): string[] =>
  aws
    .inputs("AmazonSQS.SendMessage")
    .filter(({ QueueUrl }) => QueueUrl === url(queue))
    .map(({ MessageBody }) => String(MessageBody));

describe("the commands for a deployed stage", () => {
  it("request sends what a caller would, as it stands, and refuses what the service would refuse", async () => {
    const body = `{'clipId': 'one', 'cameraId': 'c', 'startTimestampInMs': '${START_MS}', 'endTimestampInMs': ${START_MS + 1000}}`;
    const sent = await run(["request", "-"], `${body}\n`);
    expect(sent.code, sent.stderr).toBe(0);
    expect(sent.stdout).toContain("camclips timeline --stage test one");
    const options = [
      "--camera",
      "c",
      "--start",
      String(START_MS),
      "--end",
      String(START_MS + 1000),
      "--clip-id",
      "two",
    ];
    expect((await run(["request", ...options])).code).toBe(0);
    const [first, second = ""] = sentTo("accept-request");
    expect(first).toBe(body);
    expect(JSON.parse(second)).toMatchObject({ clipId: "two", cameraId: "c", startTimestampInMs: START_MS });

    const bad = await run(["request", "-"], body.replace("'c'", "'c/d'"));
    expect(bad).toMatchObject({ code: 2, stdout: "" });
    expect(bad.stderr).toContain("the service would refuse this request: cameraId must be");
    expect(sentTo("accept-request")).toHaveLength(2);
  });

  it("request --wait shows what comes of it, and ends as the clip does", async () => {
    const body = JSON.stringify({ clipId: "clip", cameraId: "camera", ...rangeInBody });
    const { code, stdout, stderr } = await run(["request", "-", "--wait"], body);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/RequestAccepted.*SourcesLocated.*ClipPublished.*clip {2}CLIP_AVAILABLE\n$/s);
    const other = JSON.stringify({ clipId: "clip", cameraId: "other", ...rangeInBody });
    const never = await run(["request", "-", "--wait", "--timeout", "1", "--json"], other);
    expect([never.code, JSON.parse(never.stdout)]).toEqual([
      4,
      expect.objectContaining({ clipId: "clip", status: null }),
    ]);
  });

  it("request sends many as one group, and group tells what became of each", async () => {
    const body = (clipId: string) => ({ clipId, cameraId: "camera", ...rangeInBody });
    const file = JSON.stringify([body("clip"), body("other")]);
    const sent = await run(["request", "-", "--group", "incident"], file);
    expect(sent.code, sent.stderr).toBe(0);
    expect(sent.stdout).toContain("camclips group --stage test incident");
    const message = JSON.parse(sentTo("accept-request").at(-1) ?? "");
    expect(message).toMatchObject({ groupId: "incident", items: [body("clip"), body("other")] });
    expect((await run(["group", "incident"])).code).toBe(2);

    const items = ["clip", "other"].map((clipId) => {
      const { startMs, endMs } = request;
      return {
        clipId,
        cameraId: "camera",
        startMs,
        endMs,
        requestKey: requestKey({ ...request, clipId }),
        isOlder: false,
      };
    });
    const outcome = { status: "CLIP_AVAILABLE", clipMetadata: { status: "CLIP_AVAILABLE" }, cause: "c", eventId: "e" };
    aws.entries.push({ ...groupItemsEntry("incident"), value: { items } });
    aws.entries.push({ ...terminalEntry("clip", items[0]?.requestKey ?? ""), value: outcome });
    const wait = ["request", "-", "--wait", "--timeout", "1", "--json"];
    const half = await run([...wait, "--group", "incident"], file);
    expect([half.code, JSON.parse(half.stdout)]).toMatchObject([4, { status: "GROUP_PENDING", decided: 1 }]);
    aws.entries.push({ ...terminalEntry("other", items[1]?.requestKey ?? ""), value: outcome });
    expect(await run(["group", "incident", "--wait"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^incident {2}GROUP_AVAILABLE, 2 of 2 items decided/),
    });
    const claim = { groupId: "incident", key: "key", sinceMs: Date.now() - 1000, items: 2 };
    aws.statuses.push({ ...claim, clipId: "group/incident", state: "group" });
    const listed = await run(["groups", "--json"]);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ groupId: "incident", status: "GROUP_PENDING", items: 2 }]);
    const named = await run(["request", "-", "--group", "more"], JSON.stringify(message));
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining("names its group itself")]);
    const bad = await run(["request", "-"], JSON.stringify({ groupId: "g", items: [{ cameraId: "camera" }] }));
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining("g.1: startTimestampInMs")]);
  });

  it("smoke asks for footage where no clip was delivered yet", async () => {
    const { code, stderr } = await run(["smoke"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("name footage with --camera, --start and --end")]);
  });

  it("timeline reads the clip's record", async () => {
    const { code, stdout, stderr } = await run(["timeline", "clip", "--json"]);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { event: "RequestAccepted", stage: "accept-request", offsetMs: 0, durationMs: null },
      { event: "SourcesLocated", stage: "locate-sources", offsetMs: 50, durationMs: 50 },
      { event: "ClipPublished", stage: "publish-clip", offsetMs: 90, status: "CLIP_AVAILABLE" },
    ]);
    const unknown = await run(["timeline", "other"]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('stage "test" knows no clip other');
  });

  it("dead-letters shows the events that rest with the errors of the log, and leaves them", async () => {
    aws.put(url("render-clip-dlq"), text(second));
    aws.put(url("schedules-dlq"), "{}");
    const [letter] = aws.queues.get(url("render-clip-dlq")) ?? [];
    const failures = ["first", "second"].map((message) =>
      JSON.stringify({ message: "stage failed", messageId: letter?.MessageId, error: { name: "Error", message } }),
    );
    aws.logs.set(
      "/aws/lambda/render-clip",
      failures.map((message) => ({ timestamp: 1, message })),
    );
    const { code, stdout, stderr } = await run(["dead-letters", "--json"]);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { function: "render-clip", clipId: "clip", message: "SourcesLocated", error: "Error: first" },
      { function: "schedules", clipId: null, message: "unreadable", error: null },
    ]);
    expect(aws.queues.get(url("render-clip-dlq"))).toHaveLength(1);
  });

  it("logs asks every function's log for a clip's lines, and sorts them", async () => {
    const line = (stage: string, second: number, clipId = "clip") => ({
      timestamp: 1,
      message: JSON.stringify({ level: "INFO", message: "stage done", stage, clipId, timestamp: at(second * 1000) }),
    });
    aws.logs.set("/aws/lambda/publish-clip", [line("publish-clip", 2), line("publish-clip", 3, "other")]);
    aws.logs.set("/aws/lambda/locate-sources", [line("locate-sources", 1)]);
    const { code, stdout, stderr } = await run(["logs", "clip", "--since", "2018-10-31"]);
    expect(code, stderr).toBe(0);
    expect(stdout.split("\n").map((each) => each.split(/ +/)[2])).toEqual([
      "locate-sources",
      "publish-clip",
      undefined,
    ]);
    expect(aws.inputs("Logs_20140328.FilterLogEvents").at(-1)).toMatchObject({
      filterPattern: '{ $.clipId = "clip" }',
      startTime: Date.UTC(2018, 9, 31),
    });
  });

  it("cancel says that the stage knows no such clip", async () => {
    const { code, stderr } = await run(["cancel", "nobody"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('nobody  stage "test" knows no such clip')]);
  });

  it("redrive takes a clip that was told FATAL_ERROR up as a run of its own, and leaves what is no event", async () => {
    aws.put(url("render-clip-dlq"), text(second), "poison");
    const { code, stdout, stderr } = await run(["redrive", "render-clip"]);
    expect(stdout).toBe("1 sent back to render-clip\n");
    expect(code).toBe(2);
    const [poison] = aws.queues.get(url("render-clip-dlq")) ?? [];
    expect(stderr).toContain(`1 left where they are, because they are no events: ${poison?.MessageId}`);
    const [body = ""] = sentTo("render-clip");
    const { metadata } = parseEnvelope(JSON.parse(body));
    expect(metadata).toMatchObject({ id: second.metadata.id, attempt: 1, rerun: { notify: true } });
    expect(metadata.rerun?.id).toMatch(/^redrive-\d+$/);
    expect(Date.parse(metadata.deadlineAt)).toBeGreaterThan(Date.now());
    expect(aws.queues.get(url("render-clip-dlq"))).toMatchObject([{ Body: "poison" }]);
  });

  it.each([
    ["an earlier run that failed again, as another one", { id: "redrive-1", notify: true }, /^redrive-\d{2,}$/],
    ["a silent replay, which stays silent", { id: "replay-1", notify: false }, /^replay-1$/],
  ])("redrive takes up %s", async (_, rerun, mark) => {
    aws.put(url("render-clip-dlq"), text({ ...second, metadata: { ...second.metadata, rerun } }));
    expect((await run(["redrive", "render-clip"])).code).toBe(0);
    expect(parseEnvelope(JSON.parse(sentTo("render-clip").at(-1) ?? "")).metadata.rerun?.id).toMatch(mark);
  });

  it("redrive sends what was there when it began, once, while every message comes back", async () => {
    aws.put(url("render-clip-dlq"), ...Array.from({ length: 3 }, () => text(second)));
    aws.poisoned.set(url("render-clip"), url("render-clip-dlq"));
    const before = sentTo("render-clip").length;
    const { code, stdout, stderr } = await run(["redrive", "render-clip"]);
    aws.poisoned.clear();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("about 3 dead letters of render-clip");
    expect(stdout).toBe("3 sent back to render-clip\n");
    expect(sentTo("render-clip").length - before).toBe(3);
  });

  it("redrive --dry-run lists clips and leaves everything; --limit bounds what is sent", async () => {
    aws.put(url("render-clip-dlq"), text(second), text(second));
    const before = sentTo("render-clip").length;
    const dry = await run(["redrive", "render-clip", "--dry-run"]);
    expect(dry.stdout).toBe(
      `${second.metadata.clipId}\n${second.metadata.clipId}\n2 would be sent back to render-clip\n`,
    );
    expect(sentTo("render-clip").length).toBe(before);
    expect(aws.queues.get(url("render-clip-dlq"))).toHaveLength(2);
    expect((await run(["redrive", "render-clip", "--limit", "1"])).stdout).toBe("1 sent back to render-clip\n");
    expect(aws.queues.get(url("render-clip-dlq"))).toHaveLength(1);
    expect((await run(["redrive", "render-clip", "--limit", "none"])).code).toBe(2);
  });

  it("redrive lets a stage go on that left its clip open, and sends a caller's request unchanged", async () => {
    aws.put(url("publish-clip-dlq"), text(second));
    expect((await run(["redrive", "publish-clip"])).code).toBe(0);
    expect(parseEnvelope(JSON.parse(sentTo("publish-clip")[0] ?? "")).metadata.rerun).toBeUndefined();
    aws.put(url("accept-request-dlq"), "{'clipId': 'x'}");
    expect((await run(["redrive", "accept-request"])).code).toBe(0);
    expect(sentTo("accept-request")).toContain("{'clipId': 'x'}");
  });

  it("replay replays the archive into one rule, under a name that says whether to tell anybody", async () => {
    const range = ["--from", "2018-10-31T02:00Z", "--to", "2018-10-31T03:00Z"];
    const silent = await run(["replay", ...range, "--wait"]);
    expect(silent.code, silent.stderr).toBe(0);
    expect(silent.stdout).toMatch(/^replay replay-\w+ started into locate-sources\nreplay replay-\w+ is complete\n$/);
    expect((await run(["replay", ...range, "--only", "render-clip", "--notify"])).code).toBe(0);
    expect(aws.inputs("AWSEvents.StartReplay")).toMatchObject([
      {
        EventSourceArn: "arn:archive",
        EventStartTime: Date.UTC(2018, 9, 31, 2) / 1000,
        EventEndTime: Date.UTC(2018, 9, 31, 3) / 1000,
        Destination: { Arn: "arn:bus", FilterArns: ["arn:locate-sources", "arn:locate-sources-high"] },
        ReplayName: expect.stringMatching(/^replay-[.\w-]{1,57}$/),
      },
      {
        Destination: { Arn: "arn:bus", FilterArns: ["arn:render-clip", "arn:render-clip-high"] },
        ReplayName: expect.stringMatching(/^notify-replay-[.\w-]{1,50}$/),
      },
    ]);
  });

  it("replay --clip sends the clip's own event to the stage, marked as the archive's replay would be", async () => {
    const { code, stderr } = await run(["replay", "--clip", "clip"]);
    expect(code, stderr).toBe(0);
    const event = parseEnvelope(JSON.parse(sentTo("locate-sources")[0] ?? ""));
    expect(event).toMatchObject({ type: "RequestAccepted", metadata: { rerun: { notify: false } } });
    const never = await run(["replay", "--from", "2018-10-30", "--to", "2018-10-31", "--clip", "clip"]);
    expect(never.code).toBe(2);
    expect(never.stderr).toContain("the clip has no event that locate-sources takes (RequestAccepted) in that time");
  });

  it.each([
    [["redrive", "schedule-retry"], "take each up again with camclips replay --clip CLIP_ID --notify"],
    [["redrive", "rendr"], 'no stage "rendr" in the pipeline: accept-request'],
    [["replay", "--from", "2018-11-01", "--to", "2018-10-31"], "is not after --from"],
    [
      ["replay", "--from", "2018-10-31", "--to", "2018-11-01", "--only", "accept-request"],
      "takes no events from the bus",
    ],
    [["replay"], "which events? give --from, or --clip for one clip's"],
    [["request"], "name a file with the request, or give --camera, --start and --end"],
  ])("%j is told with exit code 2", async (args, message) => {
    const { code, stderr } = await run(args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("says that a stage is not deployed, and that credentials are missing", async () => {
    const moon = await runCli(["redrive", "render-clip", "--stage", "moon"], {
      cwd: folder.path,
      env: aws.environment,
    });
    expect(moon.code).toBe(2);
    expect(moon.stderr).toContain('stage "moon" is not deployed in this account and region');
    const env = { AWS_REGION: "eu-west-1", AWS_EC2_METADATA_DISABLED: "true" };
    const nobody = await runCli(["redrive", "render-clip", "--stage", "test"], { cwd: folder.path, env });
    expect(nobody.code).toBe(2);
    expect(nobody.stderr).toContain("no valid AWS credentials");
  });
});
