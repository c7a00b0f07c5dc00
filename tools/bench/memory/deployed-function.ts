import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { CLIENT } from "../../../packages/cli/src/deployed/deployment.ts";
import { type Invocation, readReport } from "./report-line.ts";
import type { SweptFunction } from "./sweep.ts";

const UPDATE_SECONDS = 120;
/** CloudWatch shows a line some seconds after it was written. */
const LOGS_SECONDS = 60;
const POLL_MS = 2_000;

export interface DeployedFunction extends Omit<SweptFunction, "makeClip"> {
  architecture(): Promise<string>;
}

export function deployedFunction(FunctionName: string): DeployedFunction {
  const lambda = new LambdaClient(CLIENT);
  const logs = new CloudWatchLogsClient(CLIENT);
  const configuration = () => lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  return {
    async architecture() {
      return (await configuration()).Architectures?.[0] ?? "x86_64";
    },
    async memoryMb() {
      const { MemorySize } = await configuration();
      if (MemorySize === undefined) throw new Error(`${FunctionName} does not say how much memory it has`);
      return MemorySize;
    },
    async setMemory(MemorySize) {
      await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize }));
      await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: UPDATE_SECONDS }, { FunctionName });
    },
    async invocations(memoryMb, sinceMs, atLeast) {
      const untilMs = Date.now() + LOGS_SECONDS * 1000;
      for (;;) {
        const found = (await reportsSince(logs, FunctionName, sinceMs)).filter((one) => one.memoryMb === memoryMb);
        if (found.length >= atLeast || Date.now() >= untilMs) return found;
        await sleep(POLL_MS);
      }
    },
  };
}

async function reportsSince(client: CloudWatchLogsClient, name: string, startTime: number): Promise<Invocation[]> {
  const query = { logGroupName: `/aws/lambda/${name}`, startTime, filterPattern: "REPORT" };
  const found: Invocation[] = [];
  for await (const { events = [] } of paginateFilterLogEvents({ client }, query))
    found.push(...events.flatMap(({ message = "" }) => readReport(message) ?? []));
  return found;
}
