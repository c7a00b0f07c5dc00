import { existsSync } from "node:fs";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import * as z from "zod/mini";
import { UsageError } from "../exit-codes.ts";
import { loadEnvironment } from "../input/environment.ts";
import { unknownStage } from "../input/pipeline-stage.ts";

/** What a deployed stage says about itself (stacks/outputs.ts). */
const outputs = z.object({
  busArn: z.string(),
  busName: z.string(),
  archiveArn: z.string(),
  requestQueueUrl: z.string(),
  recordsTable: z.string(),
  destinationBucket: z.string(),
  /** Of CLIP_ACCESS=signed; stages that were deployed before links say nothing. */
  links: z.nullish(z.object({ url: z.string(), keyPairId: z.string() })),
  scheduleGroup: z.string(),
  scheduleDlqUrl: z.string(),
  stages: z.record(
    z.string(),
    z.object({
      functionName: z.string(),
      ruleArns: z.array(z.string()),
      queueUrl: z.string(),
      dlqUrl: z.optional(z.string()),
    }),
  ),
});
export type Deployment = z.output<typeof outputs>;

/** Connections give up soon enough for somebody who waits. */
export const CLIENT = { maxAttempts: 3, requestHandler: { connectionTimeout: 3_000, requestTimeout: 30_000 } };

/**
 * Finds a stage's resources by its outputs. The stage's `.env` files are read first: they may name profile and region.
 * @throws UsageError when it is not deployed here, or AWS cannot be reached with the credentials at hand.
 */
export async function findDeployment(stage: string): Promise<Deployment> {
  loadEnvironment(existsSync(`.env.${stage}`) ? stage : undefined);
  const name = `/camclips/${stage}/outputs`;
  const answer = await new SSMClient(CLIENT).send(new GetParameterCommand({ Name: name })).catch((error: Error) => {
    throw refusal(error, stage);
  });
  return outputs.parse(JSON.parse(answer.Parameter?.Value ?? ""));
}

function refusal(error: Error, stage: string): Error {
  const options = { cause: error };
  if (error.name === "ParameterNotFound") {
    const hint = `deploy it with: npx sst deploy --stage ${stage}`;
    return new UsageError(`stage "${stage}" is not deployed in this account and region; ${hint}`, options);
  }
  if (error.name === "CredentialsProviderError" || error.name === "ExpiredTokenException")
    return new UsageError(`no valid AWS credentials (set AWS_PROFILE, or log in): ${error.message}`, options);
  if (/Region is missing|Region not accepted/.test(error.message))
    return new UsageError("no AWS region: set AWS_REGION, or one in your AWS profile", options);
  return error;
}

/** @throws UsageError for a stage that the deployed pipeline does not have. */
export function partOf(deployed: Deployment, stage: string): Deployment["stages"][string] {
  const part = deployed.stages[stage];
  if (part) return part;
  throw unknownStage(stage, Object.keys(deployed.stages));
}
