import { randomBytes } from "node:crypto";
import { readRequest, writeRequest } from "@camclips/core";
import { readGroup } from "@camclips/core/group";
import type { ClipRequest } from "@camclips/events";
import type { Command } from "commander";
import { addPlaceOptions, openDesk, type Place, placeArguments } from "../desk/place.ts";
import type { SentGroup } from "../desk/request-and-wait.ts";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { parseCount } from "../input/count.ts";
import { parseGroupId } from "../input/group-id.ts";
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
  group?: string;
  wait?: true;
  timeout?: number;
  json?: true;
}

const help = `
The file holds the body of one request, as callers send it, or of a group ("camclips help group"), an array of them, or a
Lambda SQS event ("camclips event"), whose messages are all sent. With --group their requests become the items of one group.
A state folder's pipeline takes it up within a second while it runs, otherwise when it runs again. With --wait the command shows what happens until every clip has its terminal status; exit code and --json are
about that.

Examples:
  camclips request request.json --stage staging
  camclips request --camera 583499c4e411dc743a5d5296 --start 2026-11-23T10:00:00Z --end 2026-11-23T10:01:00Z --stage staging
  camclips request request.json --server http://127.0.0.1:8420
  camclips request request.json --wait --timeout 600 --json --stage staging
  camclips request requests.json --group incident-7 --wait --stage staging
${exitCodesHelp}`;

export function requestCommand(): Command {
  const command = new Subcommand("request")
    .description("ask for a clip: a deployed stage (AWS), a running service, or the pipeline of a state folder")
    .argument("[file]", 'the request; "-" for stdin')
    .option("--camera <id>", "the camera, without a file", parseId)
    .option("--start <time>", "start of the clip", parseInstant)
    .option("--end <time>", "end of the clip", parseInstant)
    .option("--clip-id <id>", "name of the results (default: a new one)", parseId)
    .option("--group <id>", "ask for all of them as one group, which is told of at once", parseGroupId)
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
  const { wait, json, group, timeout = Number.POSITIVE_INFINITY } = options;
  const each = file ? (await readMessages(file, Date.now())).map(({ body }) => body) : [bodyOf(options)];
  const bodies = group === undefined ? each : [groupOf(group, each)];
  const groups = bodies.flatMap((body) => checkedGroup(body) ?? []);
  const asked = bodies.filter((body) => !checkedGroup(body)).map((body) => ({ body, request: checked(body) }));
  const desk = await openDesk(options);
  if (wait) {
    const { requestAndWait } = await import("../desk/request-and-wait.ts");
    process.exitCode = await requestAndWait(desk, asked, groups, { json, untilMs: Date.now() + timeout * 1000 });
    return;
  }
  const follow = (command: string, id: string) =>
    process.stdout.write(
      `sent; follow it with: ${ownCommand()} ${command}${placeArguments(options)} ${shellWord(id)}\n`,
    );
  for (const { body, request } of asked) {
    await desk.request(body, request);
    follow("timeline", request.clipId);
  }
  for (const { body, group } of groups) {
    await desk.requestGroup(body, group);
    follow("group", group.groupId);
  }
}

/** Requests as the items of one group. */
function groupOf(groupId: string, bodies: readonly string[]): string {
  if (bodies.some((body) => checkedGroup(body)))
    throw new UsageError("the file names its group itself: leave --group out");
  return JSON.stringify({ groupId, items: bodies.map((body) => JSON.parse(writeRequest(checked(body)))) });
}

/** @throws UsageError for a group with anything in it that the service would refuse. */
function checkedGroup(body: string): SentGroup | undefined {
  return refusing(() => {
    const group = readGroup(body, Date.now());
    const faulty = group?.items.find(({ readable }) => !readable);
    if (faulty && "message" in faulty) throw new UsageError(`${faulty.request.clipId}: ${faulty.message}`);
    return group && { group, body };
  });
}

/** @throws UsageError for what the service would refuse. */
function checked(body: string): ClipRequest {
  return refusing(() => {
    const read = readRequest(body, Date.now());
    if (read.readable) return read.request;
    throw new UsageError(read.message);
  });
}

function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`the service would refuse this request: ${(error as Error).message}`, { cause: error });
  }
}

function bodyOf({ camera, start, end, clipId, ...options }: RequestOptions): string {
  if (camera === undefined || start === undefined || end === undefined)
    throw new UsageError("name a file with the request, or give --camera, --start and --end");
  return requestBodyOf(clipId ?? randomBytes(12).toString("hex"), { camera, start, end, ...options });
}
