import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { type Item, satisfies } from "./expression.ts";

/** A table of clips' records in memory, behind the real document client. Not part of the product. */

interface Expression {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, unknown>;
}

interface Put extends Expression {
  Item: Item & { clipId: string; entry: string };
  ConditionExpression?: string;
}

interface Query extends Expression {
  IndexName?: string;
  KeyConditionExpression: string;
  FilterExpression?: string;
  ScanIndexForward?: boolean;
  ExclusiveStartKey?: { at: number };
}

export interface FakeTable {
  readonly client: DynamoDBDocumentClient;
  /** Names of the commands, in order. */
  readonly calls: string[];
  /** So many of the next writes meet a transaction that is under way. */
  conflicts: number;
}

/** Small, so that lists have several. */
const PAGE = 3;
const SORT_KEYS: Record<string, string> = { byState: "sinceMs", byCamera: "startMs" };
const failure = { $metadata: {}, message: "The conditional request failed" };

export function fakeTable(): FakeTable {
  const items = new Map<string, Item>();
  const keyOf = ({ clipId, entry }: { clipId: string; entry: string }) => `${clipId}\n${entry}`;
  const namesOf = ({ ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} }: Expression) => ({
    names,
    values,
  });

  /** @returns the item that stands in the way, as an error carries it. */
  const inTheWay = (put: Put): Record<string, AttributeValue> | undefined => {
    const found = items.get(keyOf(put.Item)) ?? {};
    if (!put.ConditionExpression || satisfies(found, put.ConditionExpression, namesOf(put))) return undefined;
    return typeof found.json === "string" ? { json: { S: found.json } } : {};
  };

  const query = (input: Query) => {
    const sortKey = SORT_KEYS[input.IndexName ?? ""] ?? "entry";
    const found = [...items.values()]
      .filter((item) => satisfies(item, input.KeyConditionExpression, namesOf(input)))
      .sort((a, b) => ((a[sortKey] as number) < (b[sortKey] as number) ? -1 : 1));
    if (input.ScanIndexForward === false) found.reverse();
    const at = input.ExclusiveStartKey?.at ?? 0;
    const page = found.slice(at, at + PAGE);
    const filter = input.FilterExpression;
    return {
      Items: filter ? page.filter((item) => satisfies(item, filter, namesOf(input))) : page,
      ...(found.length > at + PAGE && { LastEvaluatedKey: { at: at + PAGE } }),
    };
  };

  const answer = (command: string, input: unknown): object => {
    if (command === "QueryCommand") return query(input as Query);
    if (command === "GetCommand") {
      const { Key } = input as { Key: { clipId: string; entry: string } };
      return { Item: items.get(keyOf(Key)) };
    }
    const isAlone = command === "PutCommand";
    if (table.conflicts > 0) {
      table.conflicts -= 1;
      if (isAlone) throw new TransactionConflictException(failure);
      throw new TransactionCanceledException({ ...failure, CancellationReasons: [{ Code: "TransactionConflict" }] });
    }
    const puts = isAlone
      ? [input as Put]
      : (input as { TransactItems: { Put: Put }[] }).TransactItems.map(({ Put }) => Put);
    const refusals = puts.map(inTheWay);
    if (isAlone && refusals[0]) throw new ConditionalCheckFailedException({ ...failure, Item: refusals[0] });
    if (refusals.some((refusal) => refusal !== undefined)) {
      const CancellationReasons = refusals.map((Item) =>
        Item ? { Code: "ConditionalCheckFailed", Item } : { Code: "None" },
      );
      throw new TransactionCanceledException({ ...failure, CancellationReasons });
    }
    for (const put of puts) items.set(keyOf(put.Item), structuredClone(put.Item));
    return {};
  };

  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: "eu-west-1" }));
  const table: FakeTable = { client, calls: [], conflicts: 0 };
  client.send = (async (command: { constructor: { name: string }; input: unknown }) => {
    table.calls.push(command.constructor.name);
    return answer(command.constructor.name, command.input);
  }) as unknown as typeof client.send;
  return table;
}
