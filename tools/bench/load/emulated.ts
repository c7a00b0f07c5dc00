import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { startEmulator } from "../../../test/aws/emulator/start.ts";
import { Stack } from "../../../test/aws/stack.ts";
import { bundleHandlers } from "../../resource-graph/evaluation/bundle-handlers.ts";
import { ensurePlatform } from "../../resource-graph/platform.ts";
import { residentBytes } from "../resident-bytes.ts";
import { type ClipTimes, isOnTheWay, type LoadResult, summarize } from "./load-result.ts";
import { CAMERA, clipIdOf, footageStart, requestBody, short } from "./requests.ts";

const LONGEST_WAIT_MS = 900_000;

/**
 * Sends `clips` requests at once to what `sst deploy` would ship, on the AWS emulator, and waits for every terminal status.
 * @param rendering false: the render functions copy a source instead.
 */
export async function loadEmulated(clips: number, rendering: boolean, ffmpeg: string): Promise<LoadResult> {
  await ensurePlatform();
  const bundles = await mkdtemp(join(tmpdir(), "camclips-bundles-"));
  try {
    await bundleHandlers(bundles, { plugins: rendering ? [] : [stubbedRendering] });
    await using emulator = await startEmulator();
    await using stack = await Stack.create({ emulator, bundles, ffmpeg });
    return await run(stack, clips, emulator.pid);
  } finally {
    await rm(bundles, { recursive: true, force: true });
  }
}

/** For esbuild: puts the stub engine in the place of the real one. */
const stubbedRendering = {
  name: "stubbed-rendering",
  setup(build: { onResolve(options: { filter: RegExp }, resolve: () => { path: string }): void }) {
    const path = new URL("stub-media.ts", import.meta.url).pathname;
    build.onResolve({ filter: /\/connect-(media|pictures)\.ts$/ }, () => ({ path }));
  },
};

async function run(stack: Stack, clips: number, pid: number | undefined): Promise<LoadResult> {
  const startMs = footageStart();
  await stack.camera(CAMERA, startMs, { recordings: 2, seconds: short.recordingSeconds });
  const memoryMb: number[] = [];
  const began = performance.now();
  await Promise.all(Array.from({ length: clips }, (_, index) => stack.request(requestBody(index, startMs, short))));
  for (let told = 0; told < clips; ) {
    if (performance.now() - began > LONGEST_WAIT_MS) throw new Error(`${told} of ${clips} clips were answered in time`);
    told = new Set((await stack.notifications()).map(({ clipId }) => clipId)).size;
    const isTenth = told >= (memoryMb.length * clips) / 10;
    if (pid !== undefined && isTenth) memoryMb.push(Math.round(residentBytes(pid) / 1e6));
    await sleep(100);
  }
  const seconds = (performance.now() - began) / 1000;
  // The history is written beside the clips' way, and the logs come after the work.
  await sleep(5_000);
  return summarize(await timesIn(stack, clips), seconds, memoryMb);
}

/** Out of the functions' own logs, and the events' own times. */
async function timesIn(stack: Stack, clips: number): Promise<ClipTimes[]> {
  const work = await workByClip(stack);
  const times: ClipTimes[] = [];
  for (let index = 0; index < clips; index += 1) {
    const history = await stack.records.history(clipIdOf(index));
    const accepted = history.find(({ type }) => type === "RequestAccepted");
    const published = history.find(({ type }) => type === "ClipPublished");
    if (!published) throw new Error(`${clipIdOf(index)}: its history has no end after five seconds`);
    const sentMs = accepted?.type === "RequestAccepted" ? accepted.data.request.sentMs : Number.NaN;
    times.push({
      latencyMs: Date.parse(published.metadata.occurredAt) - sentMs,
      events: history.length,
      stageMs: work.get(clipIdOf(index)) ?? new Map(),
    });
  }
  return times;
}

async function workByClip({ clients, outputs }: Stack): Promise<Map<string, Map<string, number>>> {
  const work = new Map<string, Map<string, number>>();
  for (const [stage, { functionName }] of Object.entries(outputs.stages).filter(([stage]) => isOnTheWay(stage))) {
    const logGroupName = `/aws/lambda/${functionName}`;
    let nextToken: string | undefined;
    do {
      const page = await clients.logs.send(new FilterLogEventsCommand({ logGroupName, nextToken }));
      for (const line of (page.events ?? []).flatMap(({ message = "" }) => message.split("\n"))) {
        const { message, clipId, durationMs } = line.startsWith("{") ? JSON.parse(line) : {};
        if (message !== "stage done" || typeof clipId !== "string") continue;
        const own = work.get(clipId) ?? new Map<string, number>();
        work.set(clipId, own.set(stage, (own.get(stage) ?? 0) + durationMs));
      }
      nextToken = page.nextToken;
    } while (nextToken);
  }
  return work;
}
