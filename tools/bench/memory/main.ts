import { parseArgs } from "node:util";
import { findDeployment, partOf } from "../../../packages/cli/src/deployed/deployment.ts";
import { recordsOf } from "../../../packages/cli/src/deployed/records.ts";
import { latestDelivered, smoke } from "../../../packages/cli/src/deployed/smoke.ts";
import { readInstant } from "../../../packages/cli/src/input/instant.ts";
import { requestBodyOf } from "../../../packages/cli/src/input/request-options.ts";
import { chosenFrom, countFrom, orUsage } from "../arguments.ts";
import { prices } from "../cost/prices.ts";
import { deployedFunction } from "./deployed-function.ts";
import { memoryTable } from "./memory-table.ts";
import { sweep } from "./sweep.ts";

const help = `Finds the memory of a render function: has clips made on a deployed stage at several sizes, and reads from Lambda's own
REPORT lines how long each took, what it used and what it costs.

  npm run bench:memory -- --stage staging
  npm run bench:memory -- --stage staging --function render-thumbnails --memory 885,1769,2654
  npm run bench:memory -- --stage staging --camera harbour --start 2026-11-23T10:00Z --end 2026-11-23T10:01Z --clips 9

  --stage     a deployed stage that nobody else uses meanwhile; not production, whose function would change under its clips
  --function  render-clip (default) or render-thumbnails
  --memory    sizes in MB, each from 128 to 10240 (885,1769,2654,3538,5307); a whole processor is 1769
  --clips     how many clips are counted at each size, after one that starts the function (5)
  --camera, --start, --end
              the clip; without them the range of the clip that was delivered last
  --json      for machines

The function gets its memory back at the end, after Ctrl-C as well; if the process is killed, "npx sst deploy --stage ..." does it.
The camera service and subscribers are told of "memory-..." clips as of any. What is chosen is written into "memoryMb" in
packages/events/src/pipeline.ts.
`;

const { values } = orUsage(help, () =>
  parseArgs({
    options: {
      stage: { type: "string" },
      function: { type: "string", default: "render-clip" },
      memory: { type: "string", default: "885,1769,2654,3538,5307" },
      clips: { type: "string", default: "5" },
      camera: { type: "string" },
      start: { type: "string" },
      end: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }),
);

const CLIP_TIMEOUT_MS = 600_000;
const [LEAST_MB, MOST_MB] = [128, 10_240];

interface Range {
  camera: string;
  start: number;
  end: number;
}

function readOptions() {
  const { stage, camera, start, end } = values;
  if (stage === undefined) throw new Error("--stage is missing: name a deployed stage");
  if (/^prod(uction)?$/.test(stage))
    throw new Error(`--stage ${stage}: not there; deploy a stage like it, and sweep that`);
  const given = [camera, start, end].filter((value) => value !== undefined).length;
  if (given % 3 !== 0) throw new Error("give --camera, --start and --end, or none of them");
  return {
    stage,
    name: chosenFrom("function", values.function, ["render-clip", "render-thumbnails"])[0] ?? "render-clip",
    sizes: values.memory.split(",").map(readSize),
    clips: countFrom("clips", values.clips),
    range: camera && start && end ? { camera, start: readInstant(start), end: readInstant(end) } : undefined,
  };
}

function readSize(text: string): number {
  const size = countFrom("memory", text);
  if (size >= LEAST_MB && size <= MOST_MB) return size;
  throw new Error(`--memory ${text}: from ${LEAST_MB} to ${MOST_MB} MB`);
}

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(help);
  const { stage, name, sizes, clips, range: asked } = orUsage(help, readOptions);
  const deployed = await findDeployment(stage);
  const range = asked ?? (await lastRange(deployed));
  const swept = deployedFunction(partOf(deployed, name).functionName);
  const architecture = (await swept.architecture()) === "arm64" ? "arm64" : "x86_64";
  const interrupted = new Promise<never>((_, reject) => {
    process.once("SIGINT", () => reject(new Error("stopped; the function gets its memory back")));
  });
  interrupted.catch(() => undefined);
  const makeClip = async () => {
    const clipId = `memory-${Date.now()}`;
    const { problems } = await smoke(deployed, requestBodyOf(clipId, range), CLIP_TIMEOUT_MS);
    if (problems.length > 0) throw new Error(`${clipId}: ${problems.join("; ")}`);
  };
  const found = await sweep(
    { ...swept, makeClip: () => Promise.race([makeClip(), interrupted]) },
    {
      sizes,
      clips,
      usdPerGbSecond: prices.lambdaGbSecond[architecture],
      now: Date.now,
      onSize: (memoryMb) => process.stderr.write(`${name}: ${memoryMb} MB\n`),
    },
  );
  const seconds = (range.end - range.start) / 1000;
  if (values.json) process.stdout.write(`${JSON.stringify({ function: name, architecture, seconds, sizes: found })}\n`);
  else {
    const of = `${name} on ${stage}, ${architecture}, a clip of ${seconds} s, medians of ${clips}`;
    process.stdout.write(`${of}, prices of ${prices.region}, ${prices.asOf}\n\n${memoryTable(found)}\n`);
  }
}

async function lastRange(deployed: Parameters<typeof recordsOf>[0]): Promise<Range> {
  const { cameraId = null, startMs = null, endMs = null } = (await latestDelivered(recordsOf(deployed))) ?? {};
  if (cameraId !== null && startMs !== null && endMs !== null) return { camera: cameraId, start: startMs, end: endMs };
  throw new Error("no clip was delivered here yet: name footage with --camera, --start and --end");
}

await main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
