import { mkdir } from "node:fs/promises";
import type { Signer as EvidenceSigner } from "@camclips/core";
import type { Settings } from "@camclips/events";
import { createFolderStore, createLogFile, LocalRuntime } from "@camclips/local";
import { indexedCameras, RecordingsIndex, wakeWaiting } from "@camclips/local/recordings";
import type { MediaEngine } from "@camclips/media";
import { type Config, rootsOf } from "@camclips/recordings";
import { clipLink } from "./api/clip-files.ts";
import { createApp } from "./app.ts";
import { Signer, signingKey } from "./auth/signed.ts";
import { DropFolder } from "./drop-folder.ts";
import { FootageNews } from "./footage-news.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { type Listening, listen } from "./http/listen.ts";
import { Live } from "./live.ts";
import type { Site } from "./site.ts";

export interface ServiceOptions {
  config: Config;
  settings: Settings;
  media: MediaEngine;
  /** Names what makes clips, so that the same cut is made once. */
  engine?: (() => Promise<string | undefined>) | undefined;
  signer?: EvidenceSigner | undefined;
  log(level: "info" | "warn" | "error", message: string, fields?: Record<string, unknown>): void;
}

export interface Service {
  readonly url: string;
  /** Ends what is under way, and leaves the rest for the next service on the same state. */
  stop(): Promise<void>;
}

/** Runs the pipeline, the index and the HTTP interface. @throws StateInUseError, and what listening says. */
export async function startService({
  config,
  settings,
  media,
  engine,
  signer,
  ...options
}: ServiceOptions): Promise<Service> {
  for (const folder of [config.state, config.clips]) await mkdir(folder, { recursive: true });
  const clock = { now: Date.now };
  // Where `camclips logs` finds it, also from afar.
  const kept = createLogFile(config.state);
  const log: ServiceOptions["log"] = (level, message, fields) => {
    options.log(level, message, fields);
    kept[level](message, fields);
  };
  const links = new Signer(signingKey(config.state));
  const live = new Live();
  const failed = (error: unknown) => log("error", "not foreseen", { error: (error as Error).stack ?? String(error) });

  // The index lives in the runtime's file, and the runtime asks the index: each is there before it is asked.
  let index: RecordingsIndex | undefined;
  const runtime = new LocalRuntime({
    root: config.state,
    settings,
    origin: { open: async (key, signal) => index?.origin.open(key, signal) },
    destination: createFolderStore(config.clips),
    destinationBucket: config.clips,
    media,
    engine,
    signer,
    link: ({ clipId }, expiresMs) => clipLink(links, new URL(settings.CLIP_URL).origin, clipId, expiresMs),
    cameras: {
      alias: async (cameraId, signal) => cameras.alias(cameraId, signal),
      recordings: async (...asked) => cameras.recordings(...asked),
      putClip: async () => {},
    },
    onEvent: (event) => live.event(event),
    onProgress: (clipId, percent) => live.progress(clipId, percent),
    log: {
      info: (message, fields) => log("info", message, fields),
      warn: (message, fields) => log("warn", message, fields),
      error: (message, fields) => log("error", message, fields),
    },
  });
  const news = new FootageNews((camera) =>
    wakeWaiting(camera, { runtime, index: site.index, settings, now: clock.now }).catch(failed),
  );
  index = new RecordingsIndex({
    file: runtime.state,
    roots: rootsOf(config),
    rules: settings,
    rescanSeconds: config.rescanSeconds,
    onFootage: (camera) => news.tell(camera),
    onError: failed,
  });
  const cameras = indexedCameras(index, (camera) => Object.hasOwn(config.cameras, camera));
  const site: Site = {
    config,
    settings,
    runtime,
    index,
    live,
    media,
    clock,
    signer: links,
  };

  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => runtime.stop());
  await runtime.start();
  cleanup.defer(async () => {
    await site.index.stop();
    await news.settled();
  });
  index.start();
  const housekeeping = startHousekeeping(config.state, runtime.state, clock, failed);
  cleanup.defer(() => housekeeping[Symbol.dispose]());
  const dropFolder = config.requests === undefined ? undefined : new DropFolder(config.requests, site, failed);
  await dropFolder?.start();
  cleanup.defer(async () => dropFolder?.stop());
  const listening: Listening = await listen(createApp(site, failed), config.listen);
  cleanup.defer(() => listening.close());
  const running = cleanup.move();
  return { url: listening.url, stop: () => running.disposeAsync() };
}
