import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import * as z from "zod/mini";
import { CLIENT } from "./deployment.ts";

/** A function that fails for days writes much; the first failures are what is looked for. */
const MOST_PAGES = 20;

const failure = z.object({
  messageId: z.string(),
  error: z.union([z.string(), z.object({ name: z.string(), message: z.string() })]),
});

/** The first error of each message that a function failed on since then, out of its log; none where the log cannot be read. */
export async function failuresIn(
  functionName: string,
  sinceMs: number,
  abortSignal?: AbortSignal,
): Promise<Map<string, string>> {
  const client = new CloudWatchLogsClient(CLIENT);
  const query = {
    logGroupName: `/aws/lambda/${functionName}`,
    filterPattern: '{ $.message = "stage failed" }',
    startTime: sinceMs,
  };
  const errors = new Map<string, string>();
  let pages = 0;
  try {
    for await (const { events = [] } of paginateFilterLogEvents({ client }, query, { abortSignal })) {
      for (const { message = "" } of events) remember(errors, message);
      pages += 1;
      if (pages === MOST_PAGES) break;
    }
  } catch (error) {
    abortSignal?.throwIfAborted();
    process.stderr.write(`camclips: the log of ${functionName} cannot be read: ${(error as Error).message}\n`);
  }
  return errors;
}

function remember(errors: Map<string, string>, line: string): void {
  const read = failure.safeParse(parsed(line));
  if (!read.success || errors.has(read.data.messageId)) return;
  const { messageId, error } = read.data;
  errors.set(messageId, typeof error === "string" ? error : `${error.name}: ${error.message}`);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
