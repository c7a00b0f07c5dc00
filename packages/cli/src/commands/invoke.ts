import { join } from "node:path";
import { sweepStaged } from "@camclips/local";
import { type Command, Option } from "commander";
import { type ExitCode, exitCodes, exitCodesHelp } from "../exit-codes.ts";
import { loadEnvironment } from "../input/environment.ts";
import { usableFfmpeg } from "../input/ffmpeg.ts";
import { type Message, readMessages } from "../input/messages.ts";
import { type MessageResult, requestsOf, runMessages } from "../run/invocation.ts";
import { latestOutcome, type Outcome } from "../run/outcome.ts";
import { openSession } from "../run/session.ts";
import { configuredSetup, isFolder, type Setup } from "../run/setup.ts";
import { CAMERA_DOWN, CAMERA_UP } from "../sample-events.ts";
import { Subcommand } from "../subcommand.ts";
import { AskedView } from "../view/asked-view.ts";
import { createView } from "../view/create-view.ts";
import { instant } from "../view/format.ts";
import { showMaking } from "../view/making.ts";
import { exitCodeOf, humanStream, placeLines, statusLines, timelineLine } from "../view/report.ts";
import type { View } from "../view/view.ts";

interface InvokeOptions {
  stage?: string;
  cameraService: "configured" | "fake";
  state: string;
  wait?: boolean;
  json?: true;
}

const help = `
Settings come from the environment, then .env.<stage> (with --stage), then .env. S3_BUCKET_ORIGIN and
S3_BUCKET_DESTINATION are folders when they have a slash in them, buckets otherwise; the default destination is
.camclips/destination. Notifications go into the table "notifications" of .camclips/invoke/state.sqlite, instead of a topic.

--camera-service fake needs no settings: camera ${CAMERA_UP} has recordings of the three days before the
message was sent, ${CAMERA_DOWN} is down, there are no others.

The file holds an SQS event as Lambda receives it, or the body of one request or group, which is sent now. Without --wait the
command ends once every message has a status; a pending one is tried again by the next "camclips invoke" after its time,
which says so; its exit code and --json are about its own messages alone.
With --json stdout gets an array of the clips' metadata, one for each message, or item of a group.

Examples:
  camclips event -a && camclips invoke --camera-service fake
  camclips invoke event.json --stage staging
  camclips invoke event.json --wait --json
${exitCodesHelp}`;

export function invokeCommand(): Command {
  return new Subcommand("invoke")
    .description("run an SQS event through the pipeline, with the settings of the environment")
    .argument("[file]", 'SQS event, or one request or group; "-" for stdin', "event.json")
    .option("--stage <name>", "also read the settings in .env.<name>")
    .addOption(
      new Option("--camera-service <which>", "the one in the settings, or a fake one for the sample events")
        .choices(["configured", "fake"])
        .default("configured"),
    )
    .option("--wait", "keep running until every message has a terminal status")
    .option("--state <dir>", "folder of the state", ".camclips")
    .option("--json", "print the clips' metadata and nothing else on stdout")
    .addHelpText("after", help)
    .action(invoke);
}

async function invoke(file: string, options: InvokeOptions): Promise<void> {
  loadEnvironment(options.stage);
  const ffmpeg = await usableFfmpeg(process.env);
  const messages = await readMessages(file, Date.now());
  const stream = humanStream(options);
  await using cleanup = new AsyncDisposableStack();
  const setup = await openSetup(messages, options, ffmpeg, stream, cleanup);
  const view = new AskedView(createView(stream, messages.length), new Set(messages.flatMap(clipIdsOf)));
  const results = await runIn(setup, messages, options, view).finally(() => view.close());
  report(results, setup, options, stream);
  reportOthers(view.others, setup, stream);
  if (options.json) process.stdout.write(`${JSON.stringify(results.map(jsonOf), null, 2)}\n`);
  process.exitCode = worst(results.map(exitCode));
}

async function openSetup(
  messages: readonly Message[],
  { cameraService, state }: InvokeOptions,
  ffmpeg: string,
  stream: NodeJS.WriteStream,
  cleanup: AsyncDisposableStack,
): Promise<Setup> {
  if (cameraService === "configured") return configuredSetup(process.env, state);
  const onMake = (key: string) => showMaking(stream, `Making a recording of the fake camera: ${key}`);
  const { fakeSetup } = await import("../run/fake-setup.ts");
  return cleanup.use(await fakeSetup(process.env, state, messages, ffmpeg, onMake));
}

async function runIn(
  setup: Setup,
  messages: readonly Message[],
  { state, wait = false }: InvokeOptions,
  view: View,
): Promise<MessageResult[]> {
  const root = join(state, "invoke");
  await using session = await openSession({ ...setup, root, view, reuses: true });
  await sweepStaged(root, Date.now());
  return await runMessages(session.runtime, messages, setup, wait);
}

function report(
  results: readonly MessageResult[],
  setup: Setup,
  { state }: InvokeOptions,
  stream: NodeJS.WriteStream,
): void {
  for (const result of results) {
    const { outcome, request, retry } = result;
    const lines = outcome ? outcomeLines(outcome, setup, stream) : [];
    if (outcome) lines.push(timelineLine(outcome.metadata.clipId, state));
    if (retry) lines.push(`  ${retry.stage} tries again at ${instant(retry.atMs)}`);
    const waiting = retry ?? outcome?.nextAttemptMs;
    if (waiting) lines.push(`  it stays in ${state}: run camclips invoke again after that time, or with --wait`);
    if (lines.length > 0) stream.write(`\n${request?.clipId}  ${lines.join("\n")}\n`);
    const problem = problemOf(result);
    if (problem) process.stderr.write(`camclips: message ${result.message.messageId}: ${problem}\n`);
  }
}

/** Clips of an earlier command, whose time came while this one ran: they count neither in `--json` nor in the exit code. */
function reportOthers(others: AskedView["others"], setup: Setup, stream: NodeJS.WriteStream): void {
  for (const [clipId, events] of others) {
    const outcome = latestOutcome(events, setup.destinationBucket, setup.settings);
    if (!outcome) continue;
    stream.write(`\nasked for earlier: ${clipId}  ${outcomeLines(outcome, setup, stream).join("\n")}\n`);
  }
}

function outcomeLines(outcome: Outcome, { destinationBucket }: Setup, stream: NodeJS.WriteStream): string[] {
  const place = isFolder(destinationBucket) ? destinationBucket : `s3://${destinationBucket}`;
  return [...statusLines(outcome, stream), ...placeLines(outcome, place)];
}

const clipIdsOf = (message: Message): string[] => requestsOf(message).map(({ clipId }) => clipId);

function jsonOf(result: MessageResult): object {
  const { outcome, request, retry, message } = result;
  if (outcome) return outcome.metadata;
  const { clipId, cameraId } = request ?? {};
  const nextAttemptAt = retry && instant(retry.atMs);
  return { messageId: message.messageId, clipId, cameraId, status: null, error: problemOf(result), nextAttemptAt };
}

function problemOf({ outcome, dead, retry }: MessageResult): string | undefined {
  if (dead) return `${dead.error} (it rests in the dead letters of ${dead.queue})`;
  return outcome || retry ? undefined : "it led to no status";
}

function exitCode({ outcome, dead, request, retry }: MessageResult): ExitCode {
  if (dead) return request ? exitCodes.unexpected : exitCodes.usage;
  if (outcome) return exitCodeOf(outcome);
  return retry ? exitCodes.pending : exitCodes.unexpected;
}

/** Of several messages, the outcome that most needs a look. */
function worst(codes: readonly ExitCode[]): ExitCode {
  const order = [exitCodes.unexpected, exitCodes.usage, exitCodes.noClip, exitCodes.pending];
  return order.find((code) => codes.includes(code)) ?? exitCodes.ok;
}
