import { randomBytes } from "node:crypto";
import { readRequest } from "@camclips/core";
import type { Command } from "commander";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { parseInstant } from "../input/instant.ts";
import { readMessages } from "../input/messages.ts";
import { type Chosen, choiceOptions, requestBodyOf } from "../input/request-options.ts";
import { stageOption } from "../input/stage-option.ts";
import { ownCommand, shellWord } from "../own-command.ts";
import { Subcommand } from "../subcommand.ts";
import { parseId } from "./clip.ts";

interface RequestOptions extends Chosen {
  stage: string;
  camera?: string;
  start?: number;
  end?: number;
  clipId?: string;
}

const help = `
The file holds the body of one request, as callers send it, or a Lambda SQS event ("camclips event"), whose messages are
all sent.

Examples:
  camclips request request.json --stage staging
  camclips request --camera 583499c4e411dc743a5d5296 --start 2026-11-23T10:00:00Z --end 2026-11-23T10:01:00Z --stage staging
${exitCodesHelp}`;

export function requestCommand(): Command {
  const command = new Subcommand("request")
    .description("ask a deployed stage for a clip (AWS)")
    .argument("[file]", 'the request; "-" for stdin')
    .option("--camera <id>", "the camera, without a file", parseId)
    .option("--start <time>", "start of the clip", parseInstant)
    .option("--end <time>", "end of the clip", parseInstant)
    .option("--clip-id <id>", "name of the results (default: a new one)", parseId)
    .addOption(stageOption().makeOptionMandatory())
    .addHelpText("after", help)
    .action(request);
  for (const option of choiceOptions()) command.addOption(option);
  return command;
}

async function request(file: string | undefined, options: RequestOptions): Promise<void> {
  const bodies = file ? (await readMessages(file, Date.now())).map(({ body }) => body) : [bodyOf(options)];
  const clipIds = bodies.map(checked);
  const { sendRequests } = await import("../deployed/send-requests.ts");
  await sendRequests(options.stage, bodies);
  for (const clipId of clipIds) {
    process.stdout.write(
      `sent; follow it with: ${ownCommand()} timeline --stage ${options.stage} ${shellWord(clipId)}\n`,
    );
  }
}

/** @returns the clipId. @throws UsageError for what the service would refuse. */
function checked(body: string): string {
  try {
    const read = readRequest(body, Date.now());
    if (read.readable) return read.request.clipId;
    throw new UsageError(read.message);
  } catch (error) {
    throw new UsageError(`the service would refuse this request: ${(error as Error).message}`, { cause: error });
  }
}

function bodyOf({ camera, start, end, clipId, ...options }: RequestOptions): string {
  if (camera === undefined || start === undefined || end === undefined)
    throw new UsageError("name a file with the request, or give --camera, --start and --end");
  return requestBodyOf(clipId ?? randomBytes(12).toString("hex"), { camera, start, end, ...options });
}
