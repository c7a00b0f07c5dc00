import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { createDynamoRecords, createS3Store } from "@camclips/aws";
import type { Footage } from "@camclips/core";
import type { LocalCamera } from "@camclips/local";
import { type LocalCameraService, type PutCall, startCameraService } from "@camclips/local/camera-service";
import type { Graph } from "../../tools/resource-graph/graph/graph.ts";
import { writeStandInFfmpeg } from "../../tools/resource-graph/stand-in.ts";
import { type Clients, clientsFor, randomAccount, trust } from "./clients.ts";
import { deploy } from "./deploy.ts";
import { recordCamera, type TestCamera } from "./footage.ts";
import { type Notification, subscribe } from "./notifications.ts";
import { timeline } from "./timeline.ts";
import { until } from "./until.ts";

/** The outputs that a deployed stage publishes for commands. */
export interface Outputs {
  busArn: string;
  archiveArn: string;
  topicArn: string;
  requestQueueUrl: string;
  originBucket: string;
  recordsTable: string;
  workBucket: string;
  destinationBucket: string;
  scheduleGroup: string;
  stages: Record<string, { functionName: string; ruleArns: string[]; queueUrl: string; dlqUrl: string }>;
}

const TERMINAL = /^(?!CLIP_PENDING$)/;

/** What stacks are built on; many may share it. */
export interface Ground {
  emulator: { endpoint: string; certificate?: string | undefined };
  /** Folder of the handlers' bundles. */
  bundles: string;
  /** The machine's ffmpeg: a bundle's own cannot run on the emulator. */
  ffmpeg: string;
}

/** A deployed stage on the emulator with the world around it: a camera service, a subscriber, callers. */
export class Stack implements AsyncDisposable {
  readonly clients: Clients;
  readonly outputs: Outputs;
  readonly graph: Graph;
  readonly account: string;
  readonly service: LocalCameraService;
  readonly records: ReturnType<typeof createDynamoRecords>;
  readonly origin: ReturnType<typeof createS3Store>;
  readonly destination: ReturnType<typeof createS3Store>;
  /** Everything that the topic's subscriber got so far. */
  readonly notifications: () => Promise<Notification[]>;
  private readonly cameras: Map<string, LocalCamera>;
  /** What the functions have on the disk is below it, in `scratch`. */
  readonly folder: string;
  private readonly ffmpeg: string;

  private constructor(
    parts: Pick<Stack, "clients" | "outputs" | "graph" | "account" | "service" | "notifications"> & {
      cameras: Map<string, LocalCamera>;
      folder: string;
      ffmpeg: string;
    },
  ) {
    this.clients = parts.clients;
    this.outputs = parts.outputs;
    this.graph = parts.graph;
    this.account = parts.account;
    this.service = parts.service;
    this.notifications = parts.notifications;
    this.cameras = parts.cameras;
    this.folder = parts.folder;
    this.ffmpeg = parts.ffmpeg;
    this.records = createDynamoRecords(parts.clients.documents, parts.outputs.recordsTable, { now: Date.now });
    this.origin = createS3Store(parts.clients.s3, parts.outputs.originBucket);
    this.destination = createS3Store(parts.clients.s3, parts.outputs.destinationBucket);
  }

  /** Deploys a stage of its own, in an account of its own. */
  static async create(
    { emulator, bundles, ffmpeg }: Ground,
    settings: Record<string, string> = {},
    prepare: (clients: Clients) => Promise<void> = async () => {},
  ): Promise<Stack> {
    const { endpoint, certificate } = emulator;
    trust(certificate);
    const place = { endpoint, account: randomAccount(), region: "eu-west-1" };
    const folder = await mkdtemp(join(tmpdir(), "camclips-aws-"));
    const cameras = new Map<string, LocalCamera>();
    const service = await startCameraService({ cameras });
    const clients = clientsFor(place);
    await prepare(clients);
    const graph = await deploy({
      ...place,
      stage: "emulated",
      certificate,
      bundles,
      environment: {
        CAM_SERVICES_URL: service.url,
        RECORDINGS_URL: service.url,
        CLIP_URL: "https://clips.example.com",
        // What goes into the bundle; what runs is FFMPEG_BIN below.
        FFMPEG_LAMBDA_BIN: await writeStandInFfmpeg(folder),
        THUMBNAIL_SIZES: "80 160",
        ...settings,
      },
      functionEnvironment: {
        FFMPEG_BIN: ffmpeg,
        CLIP_DOWNLOAD_DEST: join(folder, "scratch"),
      },
    });
    const outputs = await readOutputs(clients);
    const notifications = await subscribe(clients, outputs.topicArn);
    const { account } = place;
    return new Stack({ account, clients, outputs, graph, service, notifications, cameras, folder, ffmpeg });
  }

  /** Makes a camera with recordings in the origin bucket, known to the camera service. */
  async camera(
    cameraId: string,
    startMs: number,
    options: { recordings?: number; seconds?: number } = {},
  ): Promise<TestCamera> {
    const folder = join(this.folder, cameraId);
    const camera = await recordCamera(this.clients, this.outputs.originBucket, {
      ...options,
      folder,
      ffmpeg: this.ffmpeg,
      cameraId,
      startMs,
    });
    this.cameras.set(cameraId, { alias: camera.alias, recordings: () => camera.listed });
    return camera;
  }

  /** A camera that is known, and has recorded nothing. @returns what it lists, for those who add to it. */
  emptyCamera(cameraId: string): { alias: string; listed: Footage[] } {
    const camera = { alias: `cam-${cameraId}`, listed: [] as Footage[] };
    this.cameras.set(cameraId, { alias: camera.alias, recordings: () => camera.listed });
    return camera;
  }

  /** Sends one request as a caller does. An object goes as JSON. */
  async request(body: string | Record<string, unknown>): Promise<void> {
    const MessageBody = typeof body === "string" ? body : JSON.stringify(body);
    await this.clients.sqs.send(new SendMessageCommand({ QueueUrl: this.outputs.requestQueueUrl, MessageBody }));
  }

  /** What the camera service was told of a clip, in order. */
  puts(clipId: string): PutCall[] {
    return this.service.puts.filter((put) => put.clipId === clipId);
  }

  async notified(clipId: string): Promise<Notification[]> {
    return (await this.notifications()).filter((notification) => notification.clipId === clipId);
  }

  /**
   * Waits for the clip's terminal status, told to both sides.
   * @throws Error with the clip's timeline when there is none in time.
   */
  async terminal(clipId: string, withinMs = 90_000): Promise<Notification> {
    return this.explained(clipId, () =>
      until(`a terminal status of ${clipId}`, withinMs, async () => {
        const put = this.puts(clipId).find(({ body }) => TERMINAL.test(body.status));
        const [notification] = await this.notified(clipId);
        return put && notification;
      }),
    );
  }

  /** Runs a step; when it fails, the error tells what the stack did with the clip. */
  async explained<T>(clipId: string, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${await timeline(this, clipId)}`, {
        cause: error,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** As the commands find a stage: by its parameter. */
async function readOutputs({ ssm }: Clients): Promise<Outputs> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: "/camclips/emulated/outputs" }));
  return JSON.parse(Parameter?.Value ?? "{}") as Outputs;
}
