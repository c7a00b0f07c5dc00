import { S3Client } from "@aws-sdk/client-s3";
import { createS3Store } from "@camclips/aws";
import type { StageName } from "@camclips/events";
import { createMediaEngine } from "@camclips/media/engine";
import { threadsForMemory } from "@camclips/media/picture-engine";
import { request, requestBody, testWorld } from "@camclips/testing/stage-world";
import { runToEnd } from "../../../packages/testing/src/chain/run-to-end.ts";
import { childrenCpuSeconds } from "../children-cpu.ts";
import { residentBytes } from "../resident-bytes.ts";

export interface Job {
  clips: number;
  memoryMb: number;
  ffmpeg: string;
  bucket: string;
  /** Addresses. */
  stores: Record<"origin" | "work" | "destination", string>;
  /** The two around the clip, in time order. */
  recordings: { name: string; startMs: number; endMs: number }[];
}

/** What one stage took for one clip, ffmpeg included. */
export interface Taken {
  stage: StageName;
  wallMs: number;
  cpuMs: number;
  peakBytes: number;
}

const SAMPLE_MS = 25;
const CLIP_MS = 60_000;
const LIMIT_MS = 300_000;
/** Stages on a clip's way that move or make media. */
const COUNTED: readonly StageName[] = ["download-sources", "render-clip", "render-thumbnails"];

const job: Job = JSON.parse(process.argv[2] ?? "{}");
const joinMs = job.recordings[1]?.startMs ?? 0;
const [startMs, endMs] = [joinMs - CLIP_MS / 2, joinMs + CLIP_MS / 2];

await using world = await testWorld({ THUMBNAIL_SIZES: "300 640 1500 3000" });
const storeAt = (endpoint: string) => {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return createS3Store(new S3Client({ endpoint, region: "eu-west-1", forcePathStyle: true, credentials }), job.bucket);
};
const { origin, work, destination } = job.stores;
Object.assign(world.deps, {
  origin: storeAt(origin),
  work: storeAt(work),
  destination: storeAt(destination),
  media: createMediaEngine({ ffmpeg: job.ffmpeg, threads: threadsForMemory(job.memoryMb), timeLimitMs: LIMIT_MS }),
});
world.nowMs = endMs + 600_000;
for (const recording of job.recordings)
  world.listed.unshift({
    recordingUrl: `https://recordings.test.com/${recording.name}`,
    startDate: new Date(recording.startMs).toISOString(),
    endDate: new Date(recording.endMs).toISOString(),
  });

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + childrenCpuSeconds() * 1000;
};

/** @throws Error when the clip did not become available. */
async function makeClip(clipId: string): Promise<Taken[]> {
  const taken: Taken[] = [];
  let running: { stage: StageName; at: number; cpu: number } | undefined;
  let peakBytes = 0;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(process.pid));
  }, SAMPLE_MS);
  const next = (stage?: StageName) => {
    if (running && COUNTED.includes(running.stage))
      taken.push({
        stage: running.stage,
        wallMs: performance.now() - running.at,
        cpuMs: cpuMs() - running.cpu,
        peakBytes,
      });
    peakBytes = 0;
    running = stage && { stage, at: performance.now(), cpu: cpuMs() };
  };
  const body = requestBody(request({ clipId, startMs, endMs, sentMs: world.nowMs }));
  await runToEnd("accept-request", body, world, next);
  next();
  clearInterval(sampler);
  const status = world.notifications.at(-1)?.attributes.status;
  if (status !== "CLIP_AVAILABLE") throw new Error(`${clipId} is ${status}`);
  return taken;
}

await makeClip("clip-0");
const clips: Taken[][] = [];
for (let clip = 1; clip <= job.clips; clip++) clips.push(await makeClip(`clip-${clip}`));
process.stdout.write(JSON.stringify(clips));
