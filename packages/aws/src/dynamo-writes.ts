import { setTimeout } from "node:timers/promises";
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import {
  type DynamoDBDocumentClient,
  PutCommand,
  type PutCommandInput,
  TransactWriteCommand,
} from "@aws-sdk/lib-dynamodb";
import { ServiceUnavailableError } from "@camclips/core";

/** Writes of one item that meet a transaction on it are refused, and may come again at once. */
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 20;

/** What stood in the way of a conditional write: the item, as far as it was told. */
export interface InTheWay {
  /** Which of the writes was refused. */
  index: number;
  json: string | undefined;
}

/** @returns what stood in the way; undefined when the item was written. */
export function put(
  client: DynamoDBDocumentClient,
  input: PutCommandInput,
  signal?: AbortSignal,
): Promise<InTheWay | undefined> {
  return conditional(() => client.send(new PutCommand(input), { abortSignal: signal }), signal);
}

/** Writes all items or none. @returns what stood in the way of the first one that was refused. */
export function putTogether(
  client: DynamoDBDocumentClient,
  inputs: PutCommandInput[],
  signal?: AbortSignal,
): Promise<InTheWay | undefined> {
  const TransactItems = inputs.map((Put) => ({ Put }));
  return conditional(() => client.send(new TransactWriteCommand({ TransactItems }), { abortSignal: signal }), signal);
}

async function conditional(write: () => Promise<unknown>, signal?: AbortSignal): Promise<InTheWay | undefined> {
  signal?.throwIfAborted();
  for (let attempt = 1; ; attempt += 1) {
    try {
      await write();
      return undefined;
    } catch (error) {
      const inTheWay = refusalIn(error);
      if (inTheWay) return inTheWay;
      if (!isConflict(error)) throw error;
      if (attempt === ATTEMPTS) throw new ServiceUnavailableError(`DynamoDB: ${error}`, { cause: error });
      await setTimeout(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}

function refusalIn(error: unknown): InTheWay | undefined {
  if (error instanceof ConditionalCheckFailedException) return { index: 0, json: jsonOf(error.Item) };
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const reasons = error.CancellationReasons ?? [];
  const index = reasons.findIndex(({ Code }) => Code === "ConditionalCheckFailed");
  return index < 0 ? undefined : { index, json: jsonOf(reasons[index]?.Item) };
}

/** Errors carry items as the wire does. */
const jsonOf = (item: Record<string, AttributeValue> | undefined): string | undefined => item?.json?.S;

const PASSING = new Set<string | undefined>([
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

function isConflict(error: unknown): boolean {
  if (error instanceof TransactionConflictException) return true;
  if (!(error instanceof TransactionCanceledException)) return false;
  return (error.CancellationReasons ?? []).some(({ Code }) => PASSING.has(Code));
}
