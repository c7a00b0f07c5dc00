import { CreateLogGroupCommand, PutRetentionPolicyCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateEventSourceMappingCommand, CreateFunctionCommand, type Runtime } from "@aws-sdk/client-lambda";
import type { Creators } from "./types.ts";

const MOST_AT_ONCE = 3;

export const computeCreators: Creators = {
  "aws:iam/role:Role": async ({ name, assumeRolePolicy, inlinePolicies }, { clients }) => {
    const { Role } = await clients.iam.send(
      new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: assumeRolePolicy }),
    );
    for (const { name: PolicyName, policy } of inlinePolicies) {
      const PolicyDocument = asTheEmulatorReads(policy);
      await clients.iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName, PolicyDocument }));
    }
    return { arn: Role?.Arn };
  },
  "aws:cloudwatch/logGroup:LogGroup": async ({ name, retentionInDays }, { clients, account, region }) => {
    await clients.logs.send(new CreateLogGroupCommand({ logGroupName: name }));
    await clients.logs.send(new PutRetentionPolicyCommand({ logGroupName: name, retentionInDays }));
    return { arn: `arn:aws:logs:${region}:${account}:log-group:${name}` };
  },
  "aws:lambda/function:Function": async (handler, { clients, functionEnvironment }) => {
    const variables = { ...handler.environment.variables };
    // The emulator drops the right to execute from the files of a bundle: ffmpeg is the machine's own.
    for (const [name, value] of Object.entries(functionEnvironment)) {
      if (name !== "FFMPEG_BIN" || name in variables) variables[name] = value;
    }
    const { FunctionArn } = await clients.lambda.send(
      new CreateFunctionCommand({
        FunctionName: handler.name,
        Runtime: handler.runtime as Runtime,
        Handler: handler.handler,
        Role: handler.role,
        Timeout: handler.timeout,
        MemorySize: handler.memorySize,
        EphemeralStorage: { Size: handler.ephemeralStorage.size },
        Environment: { Variables: variables },
        LoggingConfig: { LogFormat: "Text", LogGroup: handler.loggingConfig.logGroup },
        Architectures: ["x86_64"],
        Code: { S3Bucket: handler.s3Bucket, S3Key: handler.s3Key },
      }),
    );
    return { arn: FunctionArn };
  },
  "aws:lambda/eventSourceMapping:EventSourceMapping": async (mapping, { clients }) => {
    const { UUID } = await clients.lambda.send(
      new CreateEventSourceMappingCommand({
        EventSourceArn: mapping.eventSourceArn,
        FunctionName: mapping.functionName,
        BatchSize: mapping.batchSize,
        FunctionResponseTypes: mapping.functionResponseTypes as "ReportBatchItemFailures"[],
        // Every function at once is a process here: the graph's limit is tested there, this one spares the machine.
        ScalingConfig: { MaximumConcurrency: Math.min(MOST_AT_ONCE, mapping.scalingConfig?.maximumConcurrency ?? 2) },
      }),
    );
    return { uuid: UUID };
  },
};

/** The emulator checks the right to create a schedule against the group `default`, whatever group is asked for. */
function asTheEmulatorReads(policy: string): string {
  return policy.replaceAll(/:schedule\/[^/"]+\//g, ":schedule/default/");
}
