import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface AwsCall {
  /** `AmazonSQS.SendMessage` */
  target: string;
  input: Record<string, unknown>;
}

interface Query {
  IndexName?: string;
  ExpressionAttributeValues: Record<string, { S?: string; N?: string }>;
}

interface Letter {
  MessageId: string;
  ReceiptHandle: string;
  Body: string;
  Attributes: { SentTimestamp: string };
}

/** As much of AWS's wire protocols as the commands for a deployed stage use; every call is kept. */
export class FakeAws implements AsyncDisposable {
  readonly calls: AwsCall[] = [];
  readonly parameters = new Map<string, string>();
  /** By queue URL. */
  readonly queues = new Map<string, Letter[]>();
  /** Clips' records: what stands under a clip's entry. */
  readonly entries: { clipId: string; name: string; value: unknown }[] = [];
  /** Clips' statuses, as lists by state and look-ups find them. */
  readonly statuses: { clipId: string; state: string; sinceMs: number }[] = [];
  /** By log group. */
  readonly logs = new Map<string, { timestamp: number; message: string }[]>();
  #letters = 0;
  /** A queue whose messages come to rest in another one as soon as they are sent: poison. By queue URL. */
  readonly poisoned = new Map<string, string>();
  readonly #server = createServer((request, response) => {
    this.#answer(request).then(({ status = 200, body }) => response.writeHead(status).end(body));
  });

  static async start(): Promise<FakeAws> {
    const fake = new FakeAws();
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  /** Environment of a process that should talk to this. */
  get environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
  }

  put(queue: string, ...bodies: string[]): void {
    this.queues.set(queue, []);
    for (const body of bodies) this.#add(queue, body, Date.now() - 60_000);
  }

  #add(queue: string, Body: string, sentMs: number): void {
    const letters = this.queues.get(queue) ?? [];
    const number = this.#letters++;
    const letter = { MessageId: `m${number}`, ReceiptHandle: `r${number}`, Body };
    this.queues.set(queue, [...letters, { ...letter, Attributes: { SentTimestamp: String(sentMs) } }]);
  }

  inputs(target: string): Record<string, unknown>[] {
    return this.calls.filter((call) => call.target === target).map(({ input }) => input);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<{ status?: number; body: string }> {
    const target = request.headers["x-amz-target"];
    if (typeof target !== "string") return { status: 404, body: "" };
    const input = JSON.parse(await text(request));
    this.calls.push({ target, input });
    const output = this.#operation(target, input);
    return output ? { body: JSON.stringify(output) } : { status: 400, body: '{"__type":"ParameterNotFound"}' };
  }

  #operation(target: string, input: Record<string, string>): object | undefined {
    const letters = this.queues.get(input.QueueUrl ?? "") ?? [];
    switch (target) {
      case "AmazonSSM.GetParameter": {
        const Value = this.parameters.get(input.Name ?? "");
        return Value === undefined ? undefined : { Parameter: { Value } };
      }
      case "AmazonSQS.GetQueueAttributes":
        return { Attributes: { ApproximateNumberOfMessages: String(letters.length) } };
      case "AmazonSQS.SendMessage": {
        const rest = this.poisoned.get(input.QueueUrl ?? "");
        if (rest) this.#add(rest, input.MessageBody ?? "", Date.now());
        return { MessageId: "sent", MD5OfMessageBody: md5(input.MessageBody ?? "") };
      }
      case "AmazonSQS.ReceiveMessage":
        return { Messages: letters.map((letter) => ({ ...letter, MD5OfBody: md5(letter.Body) })) };
      case "AmazonSQS.DeleteMessage":
        this.queues.set(
          input.QueueUrl ?? "",
          letters.filter(({ ReceiptHandle }) => ReceiptHandle !== input.ReceiptHandle),
        );
        return {};
      case "AWSEvents.StartReplay":
        return { State: "STARTING" };
      case "AWSEvents.DescribeReplay":
        return { State: "COMPLETED" };
      case "Logs_20140328.FilterLogEvents":
        return { events: this.logs.get(input.logGroupName ?? "") ?? [] };
      case "DynamoDB_20120810.GetItem": {
        const { clipId, entry } = (input as unknown as { Key: Record<string, { S: string }> }).Key;
        const status = entry?.S === "status" && this.statuses.find((each) => each.clipId === clipId?.S);
        const found = this.entries.find((each) => each.clipId === clipId?.S && each.name === entry?.S);
        const value = status || found?.value;
        return value ? { Item: { json: { S: JSON.stringify(value) } } } : {};
      }
      case "DynamoDB_20120810.Query":
        return this.#query(input as unknown as Query);
      default:
        return undefined;
    }
  }

  #query({ IndexName, ExpressionAttributeValues: values }: Query): object {
    const { clipId, name: prefix } = { clipId: values[":clipId"]?.S, name: values[":events"]?.S ?? "" };
    const found =
      IndexName === "byState"
        ? this.#inState(values)
        : this.entries
            .filter((entry) => entry.clipId === clipId && entry.name.startsWith(prefix))
            .map(({ value }) => value);
    return { Items: found.map((value) => ({ json: { S: JSON.stringify(value) } })), Count: found.length };
  }

  #inState(values: Query["ExpressionAttributeValues"]): object[] {
    const [from, to] = [Number(values[":from"]?.N), Number(values[":to"]?.N)];
    return this.statuses
      .filter(({ state, sinceMs }) => state === values[":state"]?.S && sinceMs >= from && sinceMs <= to)
      .sort((a, b) => b.sinceMs - a.sinceMs);
  }
}

const md5 = (body: string): string => createHash("md5").update(body).digest("hex");
