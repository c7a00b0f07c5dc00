import { join } from "node:path";
import type { Footage } from "@camclips/core";
import { createFolderStore } from "@camclips/local";
import type { Command } from "commander";
import { exitCodesHelp } from "../exit-codes.ts";
import { folderSettings } from "../input/environment.ts";
import { usableFfmpeg } from "../input/ffmpeg.ts";
import { makeWritable } from "../input/writable-folder.ts";
import { makeRecordingOnce } from "../recordings/synthetic.ts";
import { runClipJob } from "../run/clip-job.ts";
import { Subcommand } from "../subcommand.ts";
import { createView } from "../view/create-view.ts";
import { showMaking } from "../view/making.ts";
import { finishClip, humanStream } from "../view/report.ts";

/** The very message of the contract, as producers send it: a Python literal. */
const MESSAGE = `{'clipId': '507f191e810c19729de860ea', 'retryTimestamps': [], 'cameraId': '583499c4e411dc743a5d5296', 'startTimestampInMs': 1537119363000, 'endTimestampInMs': 1537119423000}`;

const ALIAS = "test";
const PICTURE = { width: 1280, height: 720, fps: 25, label: "CAMCLIPS" };
const RECORDING_SECONDS = 40;

/** Two recordings back to back; the message's 60 s need most of both. */
const STARTS_MS = [1_537_119_353_051, 1_537_119_353_051 + RECORDING_SECONDS * 1000];

interface DemoOptions {
  out: string;
  state: string;
  json?: true;
}

const help = `
Makes a synthetic camera (two recordings with a burned-in UTC clock; cached in .camclips/), starts a local camera service,
and sends the pipeline an SQS message that asks for 60 seconds across both recordings.

Examples:
  camclips demo
  camclips demo --out /tmp/demo --json
${exitCodesHelp}`;

export function demoCommand(): Command {
  return new Subcommand("demo")
    .description("make a synthetic camera and cut a clip out of its recordings")
    .option("--out <dir>", "folder of the results", "clips")
    .option("--state <dir>", "folder of the recordings and of the unfinished work", ".camclips")
    .option("--json", "print the clip's metadata and nothing else on stdout")
    .addHelpText("after", help)
    .action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  const { out, state } = options;
  const settings = folderSettings(process.env, out);
  const stream = humanStream(options);
  const folder = join(state, "demo-recordings");
  const ffmpeg = await usableFfmpeg(process.env);
  await makeWritable(out, "--out");
  await makeWritable(state, "--state");
  const footage = await makeFootage(folder, ffmpeg, stream);
  stream.write(`The message:\n  ${MESSAGE}\n\n`);
  const view = createView(stream);
  const result = await runClipJob({
    body: MESSAGE,
    alias: ALIAS,
    footage,
    origin: createFolderStore(folder),
    identity: ["demo"],
    out,
    state,
    settings,
    view,
  }).finally(() => view.close());
  finishClip(result, options);
}

async function makeFootage(folder: string, ffmpeg: string, stream: NodeJS.WriteStream): Promise<Footage[]> {
  const footage: Footage[] = [];
  for (const [index, startMs] of STARTS_MS.entries()) {
    const recording = { alias: ALIAS, startMs, seconds: RECORDING_SECONDS, ...PICTURE };
    const made = await makeRecordingOnce(
      folder,
      { ...recording, firstCode: index * RECORDING_SECONDS * 25 },
      ffmpeg,
      (key) =>
        showMaking(stream, `Making recording ${index + 1} of ${STARTS_MS.length} of the synthetic camera: ${key}`),
    );
    footage.push(made);
  }
  return footage;
}
