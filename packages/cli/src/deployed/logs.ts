import {
  CloudWatchLogsClient,
  paginateFilterLogEvents,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import { isWanted, type LogLine, readLine, type WantedLines } from "@camclips/functions";
import { CLIENT, type Deployment } from "./deployment.ts";

/** The lines of every function since then, the oldest first; AWS leaves out most of what is not wanted. */
export async function deployedLines({ stages }: Deployment, wanted: WantedLines): Promise<LogLine[]> {
  const client = new CloudWatchLogsClient(CLIENT);
  const filterPattern = patternOf(wanted);
  const lists = Object.entries(stages).map(async ([stage, { functionName }]) => {
    const query = { logGroupName: `/aws/lambda/${functionName}`, startTime: wanted.sinceMs, filterPattern };
    const lines: LogLine[] = [];
    try {
      for await (const { events = [] } of paginateFilterLogEvents({ client }, query))
        for (const { message = "", timestamp = 0 } of events)
          lines.push(...message.split("\n").flatMap((line) => readLine(line, stage, timestamp) ?? []));
    } catch (error) {
      // A function that never ran has no log yet.
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
    return lines;
  });
  const all = (await Promise.all(lists)).flat().filter((line) => isWanted(line, wanted));
  return all.sort((a, b) => a.atMs - b.atMs);
}

/** In CloudWatch's language. Without a clip, what Lambda says of functions that ended badly counts as an error. */
function patternOf({ clipId, level }: WantedLines): string | undefined {
  if (clipId !== undefined) return `{ $.clipId = ${JSON.stringify(clipId)} }`;
  if (level === "error") return '?ERROR ?"Task timed out" ?Runtime ?Error';
  return level === "warn" ? '?WARN ?ERROR ?"Task timed out" ?Runtime ?Error' : undefined;
}
