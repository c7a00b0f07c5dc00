import { ComeBack, ServiceUnavailableError } from "@camclips/core";
import { QUEUE_RECEIVES, RequestAccepted, type Rerun, toEnvelope } from "@camclips/events";
import { eventOf, request, requestBody, type StageWorld, testWorld } from "@camclips/testing/stage-world";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineStage, type StageHandler, type StageMessage } from "../runtime/process.ts";
import type { CoreDeps } from "./connect.ts";
import { connect } from "./connect.ts";
import { connectMedia } from "./connect-media.ts";
import { lambdaHandler } from "./handler.ts";

vi.mock("./connect.ts", () => ({ connect: vi.fn() }));

let world: StageWorld;
type Released = [queueArn: string, receiptHandle: string, seconds: number];
let releases: Released[];
const pauses = () => releases.map(([, , seconds]) => seconds);
let flushes: number;

beforeEach(async () => {
  world = await testWorld();
  releases = [];
  flushes = 0;
  vi.mocked(connect).mockReset();
  vi.mocked(connect).mockImplementation(
    async () =>
      ({
        deps: world.deps,
        environment: { FROM: "environment" },
        release: async (...released: Released) => void releases.push(released),
        flush: () => {
          flushes += 1;
        },
      }) as unknown as Awaited<ReturnType<typeof connect>>,
  );
});
afterEach(() => world[Symbol.asyncDispose]());

const record = (messageId: string, body: unknown, receives = 1): SQSRecord => ({
  messageId,
  receiptHandle: `receipt-${messageId}`,
  body: typeof body === "string" ? body : JSON.stringify(body),
  attributes: {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: "1537119500000",
    SenderId: "x",
    ApproximateFirstReceiveTimestamp: "1",
  },
  messageAttributes: {},
  md5OfBody: "x",
  eventSource: "aws:sqs",
  eventSourceARN: "arn:aws:sqs:eu-west-1:123456789012:camclips-locate",
  awsRegion: "eu-west-1",
});

const contextWith = (remainingMs: number) => ({ getRemainingTimeInMillis: () => remainingMs }) as Context;

type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
const invoke = async (handler: unknown, records: SQSRecord[], remainingMs = 60_000) =>
  (await (handler as Handler)({ Records: records }, contextWith(remainingMs))).batchItemFailures.map(
    ({ itemIdentifier }) => itemIdentifier,
  );

/** Keeps what came; `fail` names bodies that break. */
function collecting(fail: (message: StageMessage) => boolean = () => false) {
  const seen: StageMessage[] = [];
  const stage: StageHandler<CoreDeps> = {
    name: "accept-request",
    read: () => undefined,
    async run(message) {
      seen.push(message);
      if (fail(message)) throw new Error("broke");
      return [];
    },
  };
  return { seen, handler: lambdaHandler(stage) };
}

describe("a batch", () => {
  it("brings every record to its stage, its body opened", async () => {
    const { seen, handler } = collecting();
    const literal = "{'clipId': 'clip-1'}";
    expect(await invoke(handler, [record("m1", requestBody()), record("m2", literal)])).toEqual([]);
    expect(seen).toEqual([
      { messageId: "m1", body: requestBody(), sentMs: 1537119500000, receiveCount: 1 },
      { messageId: "m2", body: literal, sentMs: 1537119500000, receiveCount: 1 },
    ]);
    expect(flushes).toBe(1);
  });

  it.each([
    ["text", "hello"],
    ["half of JSON", '{"clipId": '],
    ["what the normalizer takes for an SNS message without one", '{"Type":"Notification"}'],
    ["what the normalizer takes for nested records", '{"Records":[]}'],
    ["nested records of another service", '{"Records":[{"eventSource":"aws:s3"}]}'],
    ["a list", "[]"],
    ["null", "null"],
    ["nothing", ""],
  ])("between good records fails alone: %s", async (_, poison) => {
    const done: unknown[] = [];
    const stage = defineStage("locate-sources", [RequestAccepted], async (event) => {
      done.push(event.metadata.clipId);
      return [];
    });
    const good = toEnvelope(eventOf(RequestAccepted.happened({ request: request() })));
    const other = toEnvelope(
      eventOf(RequestAccepted.happened({ request: request({ clipId: "clip-2" }) }), { key: "2" }),
    );
    const failures = await invoke(lambdaHandler(stage), [
      record("m1", good),
      record("m2", poison),
      record("m3", other),
    ]);
    expect(failures).toEqual(["m2"]);
    expect(done).toEqual(["clip-1", "clip-2"]);
    expect(world.lines.filter(({ level }) => level === "error")).toMatchObject([
      { message: "stage failed", fields: { messageId: "m2" } },
    ]);
  });

  it("is logged without what its messages say", async () => {
    const { handler } = collecting(() => true);
    await invoke(handler, [record("m1", "my secret")]);
    expect(JSON.stringify(world.lines)).not.toContain("secret");
  });

  it.each([
    ["an event", JSON.stringify(toEnvelope(eventOf(RequestAccepted.happened({ request: request() }))))],
    ["a request in JSON", JSON.stringify(requestBody())],
    ["a Python literal", "{u'cameraId': 'c', u'clipId': u'clip-1'"],
    ["a body that was encoded twice", JSON.stringify(JSON.stringify(requestBody()))],
  ])("is logged under its clip where %s fails", async (_, body) => {
    const { handler } = collecting(() => true);
    await invoke(handler, [record("m1", body)]);
    expect(world.lines).toMatchObject([{ message: "stage failed", fields: { clipId: "clip-1" } }]);
  });

  it("marks replayed events, whose mark comes in the envelope", async () => {
    const marks: (Rerun | undefined)[] = [];
    const stage = defineStage("locate-sources", [RequestAccepted], async ({ metadata }) => {
      marks.push(metadata.rerun);
      return [];
    });
    const event = toEnvelope(eventOf(RequestAccepted.happened({ request: request() })));
    await invoke(lambdaHandler(stage), [record("m1", { ...event, "replay-name": "notify-it" })]);
    expect(marks).toEqual([{ id: "notify-it", notify: true }]);
  });

  it("gives failed records back soon, the later the more often they failed", async () => {
    const { handler } = collecting(({ body }) => body === "bad");
    for (const receives of [1, 2, 3])
      expect(await invoke(handler, [record("m1", "bad", receives), record("m2", "good")])).toEqual(["m1"]);
    expect(releases).toEqual([15, 30, 45].map((seconds) => [record("m1", "").eventSourceARN, "receipt-m1", seconds]));
  });

  it("gives records that failed in an outage back ever later: their few deliveries must outlast it", async () => {
    const stage: StageHandler<CoreDeps> = {
      name: "accept-request",
      read: () => undefined,
      run: () => Promise.reject(new ServiceUnavailableError("S3: Service Unavailable")),
    };
    for (const receives of [1, 2, 3, 4]) await invoke(lambdaHandler(stage), [record("m1", "x", receives)]);
    expect(pauses()).toEqual([15, 120, 960, 0]);
  });
});

it("a stage that wants to look again soon has the message come back then, and nothing is told as failed", async () => {
  const stage: StageHandler<CoreDeps> = {
    name: "wake-clips",
    read: () => undefined,
    run: ({ receiveCount }) => Promise.reject(new ComeBack(2 ** receiveCount)),
  };
  for (const receives of [1, 2, 3]) await invoke(lambdaHandler(stage), [record("m1", "x", receives)]);
  expect(pauses()).toEqual([2, 4, 8]);
  expect(world.lines.map(({ level }) => level)).not.toContain("error");
});

describe("a message whose receives grew while no function ran", () => {
  const seenBy = async (receives: number[]) => {
    const { seen, handler } = collecting(() => true);
    for (const receive of receives) expect(await invoke(handler, [record("m1", "x", receive)])).toEqual(["m1"]);
    return seen.map(({ receiveCount }) => receiveCount);
  };

  it("has all its deliveries left", async () => {
    expect(await seenBy([7, 9, 10, 20, 21, 22])).toEqual([1, 2, 3, 4]);
    expect(pauses()).toEqual([15, 30, 45, 0, 0, 0]);
  });

  it("has its last one when the queue takes it away afterwards", async () => {
    expect(await seenBy([QUEUE_RECEIVES])).toEqual([4]);
  });

  it("is not counted twice for one receive", async () => {
    expect(await seenBy([5, 5, 6])).toEqual([1, 1, 2]);
  });

  it("is no nearer to its end for a function whose time was up before it began", async () => {
    const seen: [string, number][] = [];
    const stage: StageHandler<CoreDeps> = {
      name: "accept-request",
      read: () => undefined,
      run: ({ messageId, receiveCount }, _event, _deps, signal) => {
        seen.push([messageId, receiveCount]);
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    };
    const handler = lambdaHandler(stage);
    expect(await invoke(handler, [record("m1", "x"), record("m2", "x")], 10_050)).toEqual(["m1", "m2"]);
    await invoke(handler, [record("m2", "x", 2)], 10_050);
    expect(seen).toEqual([
      ["m1", 1],
      ["m2", 1],
    ]);
  });

  it("is not given up while nothing can be counted", async () => {
    vi.spyOn(world.deps.records, "putOnce").mockRejectedValue(new ServiceUnavailableError("DynamoDB: down"));
    expect(await seenBy([1, 2, 9, QUEUE_RECEIVES])).toEqual([1, 2, 3, 4]);
  });
});

describe("the end of a function's time", () => {
  it("aborts what runs, and reports it and what was not begun as failed, not as done", async () => {
    const seen: string[] = [];
    const stage: StageHandler<CoreDeps> = {
      name: "accept-request",
      read: () => undefined,
      async run(message, _event, _deps, signal) {
        seen.push(message.messageId);
        if (message.messageId === "m1") return [];
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    };
    const records = ["m1", "m2", "m3"].map((id) => record(id, "x"));
    expect(await invoke(lambdaHandler(stage), records, 10_050)).toEqual(["m2", "m3"]);
    expect(seen).toEqual(["m1", "m2"]);
  });

  it("gives what it aborted back as in an outage, unless it was ffmpeg", async () => {
    for (const name of ["accept-request", "render-clip"] as const) {
      const stage: StageHandler<CoreDeps> = {
        name,
        read: () => undefined,
        run: (_, __, ___, signal) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      };
      for (const receives of [1, 2]) await invoke(lambdaHandler(stage), [record("m1", "x", receives)], 10_050);
    }
    expect(pauses()).toEqual([15, 120, 15, 30]);
  });
});

describe("a cold start", () => {
  it("connects once for many invocations, and not before the first", async () => {
    const { handler } = collecting();
    expect(connect).not.toHaveBeenCalled();
    await invoke(handler, [record("m1", "x")]);
    await invoke(handler, [record("m2", "x")]);
    expect(connect).toHaveBeenCalledTimes(1);
  });

  it("that failed fails its batch whole, and is tried again with the next", async () => {
    const { handler, seen } = collecting();
    vi.mocked(connect).mockRejectedValueOnce(new Error("2 bad settings"));
    await expect(invoke(handler, [record("m1", "x")])).rejects.toThrow("2 bad settings");
    expect(await invoke(handler, [record("m1", "x")])).toEqual([]);
    expect(seen).toHaveLength(1);
  });

  it("whose ffmpeg does not run takes no message, and says so: all come back", async () => {
    const seen: StageMessage[] = [];
    const stage: StageHandler<CoreDeps & { media: unknown }> = {
      name: "render-clip",
      read: () => undefined,
      run: async (message) => {
        seen.push(message);
        return [];
      },
    };
    const error = vi.spyOn(world.deps.log, "error");
    const handler = lambdaHandler(stage, () => connectMedia({ FFMPEG_BIN: "/bin/false" }));
    await expect(invoke(handler, [record("m1", "x"), record("m2", "x")])).rejects.toThrow("does not run (exit code 1)");
    expect(error).toHaveBeenCalledWith("stage cannot start", expect.objectContaining({ stage: "render-clip" }));
    expect(seen).toEqual([]);
  });

  it("adds what only this stage has", async () => {
    const asked: unknown[] = [];
    const stage: StageHandler<CoreDeps & { extra: string | undefined }> = {
      name: "accept-request",
      read: () => undefined,
      async run(_message, _event, { extra }) {
        asked.push(extra);
        return [];
      },
    };
    await invoke(
      lambdaHandler(stage, async (environment) => ({ extra: environment.FROM })),
      [record("m1", "x")],
    );
    expect(asked).toEqual(["environment"]);
  });
});
