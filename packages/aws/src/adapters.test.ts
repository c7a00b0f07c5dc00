import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SNSClient } from "@aws-sdk/client-sns";
import { type AnyEvent, ClipFailed, firstEvent } from "@camclips/events";
import { sampleRequest, startServer } from "@camclips/testing/test-server";
import { describe, expect, it } from "vitest";
import { ServiceUnavailableError } from "../../core/src/ports.ts";
import { createEventBus } from "./event-bus.ts";
import { tellingOutages } from "./outages.ts";
import { createScheduler, createSchedules } from "./scheduler.ts";
import { createTopic } from "./topic.ts";

/** The real clients against a server that answers as the services do. */
const clientOf = (url: string) => ({
  endpoint: url,
  region: "eu-west-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});

const at = "2026-11-23T12:00:00.000Z";
const events = (count: number): AnyEvent[] =>
  Array.from({ length: count }, (_, index) => {
    const fact = ClipFailed.happened({ request: sampleRequest, stage: "x", reason: "INTERNAL", message: `${index}` });
    return firstEvent(fact, 1, { clipId: sampleRequest.clipId, key: `k-${index}`, deadlineAt: at }, at) as AnyEvent;
  });

interface Entry {
  Source: string;
  DetailType: string;
  EventBusName: string;
  Detail: string;
}
const messageOf = (entry: Entry): string => JSON.parse(entry.Detail).data.message;

/** A bus that refuses an entry as often as `refusals` says; keeps what it took. */
async function startBus(refusals: (message: string, time: number) => boolean) {
  const taken: string[] = [];
  const calls: number[] = [];
  const tries = new Map<string, number>();
  const server = await startServer(({ body }, response) => {
    const { Entries } = JSON.parse(body) as { Entries: Entry[] };
    calls.push(Entries.length);
    const results = Entries.map((entry) => {
      const message = messageOf(entry);
      tries.set(message, (tries.get(message) ?? 0) + 1);
      if (refusals(message, tries.get(message) ?? 0))
        return { ErrorCode: "ThrottlingException", ErrorMessage: "slow down" };
      taken.push(message);
      return { EventId: "e" };
    });
    const failed = results.filter((result) => "ErrorCode" in result).length;
    response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify({ FailedEntryCount: failed, Entries: results }));
  });
  return { server, taken, calls, bus: createEventBus(new EventBridgeClient(clientOf(server.url)), "camclips-bus") };
}

describe("the bus on EventBridge", () => {
  it("puts events with their source, type and detail on its bus", async () => {
    const { server, bus } = await startBus(() => false);
    await using _ = server;
    const [event] = events(1);
    await bus.publish([event as AnyEvent]);
    const [entry] = JSON.parse(server.requests[0]?.body ?? "").Entries as Entry[];
    expect(entry).toMatchObject({ EventBusName: "camclips-bus", Source: "camclips", DetailType: "ClipFailed" });
    const { metadata, data } = event as AnyEvent;
    expect(JSON.parse(entry?.Detail ?? "")).toEqual(JSON.parse(JSON.stringify({ metadata, data })));
  });

  it("puts ten at a time, and nothing when there is nothing", async () => {
    const { server, bus, calls, taken } = await startBus(() => false);
    await using _ = server;
    await bus.publish([]);
    await bus.publish(events(23));
    expect(calls).toEqual([10, 10, 3]);
    expect(taken).toHaveLength(23);
  });

  it("puts refused entries again, and those alone: a 200 may carry refusals", async () => {
    const { server, bus, calls, taken } = await startBus((message, time) => message === "1" && time <= 2);
    await using _ = server;
    await bus.publish(events(3));
    expect(calls).toEqual([3, 1, 1]);
    expect(taken).toEqual(["0", "2", "1"]);
  });

  it("fails, naming type and reason, when an entry is refused to the end", async () => {
    const { server, bus, calls } = await startBus((message) => message === "1");
    await using _ = server;
    const refused = bus.publish(events(2));
    await expect(refused).rejects.toThrow("EventBridge refused ClipFailed: ThrottlingException slow down");
    await expect(refused).rejects.toThrow(ServiceUnavailableError);
    expect(calls).toEqual([2, 1, 1, 1]);
  });

  it("takes an answer without entries for a refusal of all", async () => {
    await using server = await startServer((_, response) => void response.writeHead(200).end("{}"));
    const bus = createEventBus(new EventBridgeClient(clientOf(server.url)), "b");
    await expect(bus.publish(events(1))).rejects.toThrow("EventBridge refused ClipFailed");
  });
});

describe("the scheduler", () => {
  const now = Date.UTC(2026, 10, 23, 12, 0, 0, 250);
  const message = { name: "retry-1", atMs: now + 60_000, queue: "requests" as const, body: "{}" };
  const schedulerAt = (url: string) =>
    createScheduler(new SchedulerClient(clientOf(url)), {
      group: "retries",
      roleArn: "arn:aws:iam::1:role/scheduler",
      deadLetterArn: "arn:aws:sqs:eu-west-1:1:dlq",
      queueArn: (queue, lane) => `arn:aws:sqs:eu-west-1:1:${lane ? `${queue}-${lane}` : queue}`,
      now: () => now,
    });

  it("creates a one-shot schedule to the queue that deletes itself", async () => {
    await using server = await startServer((_, response) => void response.writeHead(200).end('{"ScheduleArn":"arn"}'));
    expect(await schedulerAt(server.url).schedule(message)).toBe("scheduled");
    expect(server.requests[0]).toMatchObject({ method: "POST", url: "/schedules/retry-1" });
    expect(JSON.parse(server.requests[0]?.body ?? "")).toMatchObject({
      GroupName: "retries",
      ScheduleExpression: "at(2026-11-23T12:01:01)",
      ScheduleExpressionTimezone: "UTC",
      FlexibleTimeWindow: { Mode: "OFF" },
      ActionAfterCompletion: "DELETE",
      Target: {
        Arn: "arn:aws:sqs:eu-west-1:1:requests",
        RoleArn: "arn:aws:iam::1:role/scheduler",
        Input: "{}",
        DeadLetterConfig: { Arn: "arn:aws:sqs:eu-west-1:1:dlq" },
      },
    });
  });

  it("sends into a lane what is to come back there", async () => {
    await using server = await startServer((_, response) => void response.writeHead(200).end("{}"));
    await schedulerAt(server.url).schedule({ ...message, queue: "render-clip", lane: "high" });
    expect(JSON.parse(server.requests[0]?.body ?? "").Target.Arn).toBe("arn:aws:sqs:eu-west-1:1:render-clip-high");
  });

  it("moves an instant that has passed into the future: it would never fire", async () => {
    await using server = await startServer((_, response) => void response.writeHead(200).end("{}"));
    await schedulerAt(server.url).schedule({ ...message, atMs: now - 86_400_000 });
    expect(JSON.parse(server.requests[0]?.body ?? "").ScheduleExpression).toBe("at(2026-11-23T12:00:06)");
  });

  it("takes a name in use for the same thing scheduled before", async () => {
    await using server = await startServer((_, response) => {
      response.writeHead(409, { "x-amzn-errortype": "ConflictException", "content-type": "application/json" });
      response.end('{"Message":"Schedule retry-1 already exists."}');
    });
    expect(await schedulerAt(server.url).schedule(message)).toBe("already scheduled");
  });

  it("forgets a schedule of its group, and is content when there is none", async () => {
    let there = true;
    await using server = await startServer((_, response) => {
      if (there) return void response.writeHead(200).end("{}");
      response.writeHead(404, { "x-amzn-errortype": "ResourceNotFoundException" }).end('{"Message":"none"}');
    });
    const schedules = createSchedules(new SchedulerClient(clientOf(server.url)), "retries");
    await schedules.unschedule("retry-1");
    expect(server.requests[0]).toMatchObject({ method: "DELETE" });
    expect(server.requests[0]?.url).toMatch(/^\/schedules\/retry-1\?.*groupName=retries/);
    there = false;
    await schedules.unschedule("retry-1");
  });

  it("fails for any other answer", async () => {
    await using server = await startServer((_, response) => {
      response.writeHead(402, { "x-amzn-errortype": "ServiceQuotaExceededException" }).end('{"Message":"too many"}');
    });
    await expect(schedulerAt(server.url).schedule(message)).rejects.toThrow("too many");
  });
});

describe("the topic", () => {
  it("is sent the contract's message (section 5) with its attributes", async () => {
    await using server = await startServer((_, response) => {
      response
        .writeHead(200)
        .end("<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>");
    });
    const topic = createTopic(new SNSClient(clientOf(server.url)), "arn:aws:sns:eu-west-1:1:clips");
    const hostile = "a\u0000b\ud800c\u{1f600}\ufffe";
    await topic.notify({ message: '{"clipId":"c"}', attributes: { status: "CLIP_AVAILABLE", cameraId: hostile } });
    const sent = new URLSearchParams(server.requests[0]?.body);
    expect(sent.get("TopicArn")).toBe("arn:aws:sns:eu-west-1:1:clips");
    expect(sent.get("MessageStructure")).toBe("json");
    expect(JSON.parse(sent.get("Message") ?? "")).toEqual({ default: '{"clipId":"c"}' });
    expect(sent.get("MessageAttributes.entry.1.Name")).toBe("status");
    expect(sent.get("MessageAttributes.entry.1.Value.DataType")).toBe("String");
    expect(sent.get("MessageAttributes.entry.1.Value.StringValue")).toBe("CLIP_AVAILABLE");
    // SNS refuses attributes with characters that XML has no place for.
    expect(sent.get("MessageAttributes.entry.2.Value.StringValue")).toBe("a?b?c\u{1f600}?");
  });

  it("fails when the message was not taken", async () => {
    await using server = await startServer((_, response) => {
      response
        .writeHead(403)
        .end("<ErrorResponse><Error><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>");
    });
    const topic = createTopic(new SNSClient(clientOf(server.url)), "arn:aws:sns:eu-west-1:1:clips");
    await expect(topic.notify({ message: "{}", attributes: {} })).rejects.toThrow("no");
  });
});

describe("a client that tells outages", () => {
  const queueAt = (url: string) =>
    createTopic(tellingOutages(new SNSClient(clientOf(url)), "SNS"), "arn:aws:sns:eu-west-1:1:clips");
  const notification = { message: "{}", attributes: {} };
  const errorBody = (code: string) =>
    `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;

  it.each([
    [500, "InternalFailure"],
    [503, "ServiceUnavailable"],
    [429, "Throttling"],
    [400, "Throttling"],
  ])("takes %i %s for one", async (status, code) => {
    await using server = await startServer((_, response) => void response.writeHead(status).end(errorBody(code)));
    const failed = queueAt(server.url).notify(notification);
    await expect(failed).rejects.toThrow(ServiceUnavailableError);
    await expect(failed).rejects.toThrow(/^SNS: /);
  });

  it("takes a refused connection for one", async () => {
    const server = await startServer(() => {});
    await server[Symbol.asyncDispose]();
    await expect(queueAt(server.url).notify(notification)).rejects.toThrow(ServiceUnavailableError);
  });

  it("takes a service that does not answer in time for one", async () => {
    await using server = await startServer(() => {});
    const requestHandler = { requestTimeout: 100, throwOnRequestTimeout: true };
    const client = tellingOutages(new SNSClient({ ...clientOf(server.url), requestHandler }), "SNS");
    const hanging = createTopic(client, "arn:aws:sns:eu-west-1:1:clips").notify(notification);
    await expect(hanging).rejects.toThrow(ServiceUnavailableError);
  });

  it.each([
    [403, "AuthorizationError"],
    [404, "NotFound"],
    [400, "InvalidParameter"],
  ])("leaves %i %s as it is: to wait would not help", async (status, code) => {
    await using server = await startServer((_, response) => void response.writeHead(status).end(errorBody(code)));
    const error = await queueAt(server.url)
      .notify(notification)
      .catch((error: unknown) => error);
    expect(error).not.toBeInstanceOf(ServiceUnavailableError);
    expect(error).toMatchObject({ message: "no" });
  });

  it("leaves a call that was given up as it is", async () => {
    await using server = await startServer(() => {});
    const given = queueAt(server.url).notify(notification, AbortSignal.timeout(50));
    await expect(given).rejects.not.toThrow(ServiceUnavailableError);
  });
});
