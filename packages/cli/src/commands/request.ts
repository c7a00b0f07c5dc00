import { randomBytes } from "node:crypto";
import { readRequest } from "@camclips/core";
import type { ClipRequest } from "@camclips/events";
import type { Command } from "commander";
import { addPlaceOptions, openDesk, type Place, placeArguments } from "../desk/place.ts";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { parseCount } from "../input/count.ts";
import { parseInstant } from "../input/instant.ts";
import { readMessages } from "../input/messages.ts";
import { type Chosen, choiceOptions, requestBodyOf } from "../input/request-options.ts";
import { ownCommand, shellWord } from "../own-command.ts";
import { Subcommand } from "../subcommand.ts";
import { parseId } from "./clip.ts";

interface RequestOptions extends Chosen, Place {
  camera?: string;
  start?: number;
  end?: number;
  clipId?: string;
  wait?: true;
  timeout?: number;
  json?: true;
}

const help = `
The file holds the body of one request, as callers send it, or a Lambda SQS event ("camclips event"), whose messages are
all sent. A state folder's pipeline takes it up within a second while it runs, otherwise when it runs again. With --wait the command shows what happens until every clip has its terminal status; exit code and --json are
about that.

Examples:
  camclips request request.json --stage staging
  camclips request --camera 583499c4e411dc743a5d5296 --start 2026-11-23T10:00:00Z --end 2026-11-23T10:01:00Z --stage staging
  camclips request request.json --server http://127.0.0.1:8420
  camclips request request.json --wait --timeout 600 --json --stage staging
${exitCodesHelp}`;

export function requestCommand(): Command {
  const command = new Subcommand("request")
    .description("ask for a clip: a deployed stage (AWS), a running service, or the pipeline of a state folder")
    .argument("[file]", 'the request; "-" for stdin')
    .option("--camera <id>", "the camera, without a file", parseId)
    .option("--start <time>", "start of the clip", parseInstant)
    .option("--end <time>", "end of the clip", parseInstant)
    .option("--clip-id <id>", "name of the results (default: a new one)", parseId)
    .option("--wait", "until every clip has its terminal status")
    .option("--timeout <seconds>", "wait no longer than this", parseCount)
    .option("--json", "print the clips' metadata and nothing else on stdout, with --wait")
    .addHelpText("after", help)
    .action(request);
  addPlaceOptions(command, "state folder of a pipeline of this machine");
  for (const option of choiceOptions()) command.addOption(option);
  return command;
}

async function request(file: string | undefined, options: RequestOptions): Promise<void> {
  const bodies = file ? (await readMessages(file, Date.now())).map(({ body }) => body) : [bodyOf(options)];
  const asked = bodies.map((body) => ({ body, request: checked(body) }));
  const { wait, json, timeout = Number.POSITIVE_INFINITY } = options;
  const desk = await openDesk(options);
  if (wait) {
    const { requestAndWait } = await import("../desk/request-and-wait.ts");
    process.exitCode = await requestAndWait(desk, asked, { json, untilMs: Date.now() + timeout * 1000 });
    return;
  }
  for (const { body, request } of asked) {
    await desk.request(body, request);
    process.stdout.write(
      `sent; follow it with: ${ownCommand()} timeline${placeArguments(options)} ${shellWord(request.clipId)}\n`,
    );
  }
}

/** @throws UsageError for what the service would refuse. */
function checked(body: string): ClipRequest {
  try {
    const read = readRequest(body, Date.now());
    if (read.readable) return read.request;
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
