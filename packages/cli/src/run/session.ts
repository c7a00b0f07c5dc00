import { resolve } from "node:path";
import type { CameraService, Clock, ObjectReader, ObjectStore } from "@camclips/core";
import type { Settings } from "@camclips/events";
import type { Log } from "@camclips/functions";
import { createLogFile, LocalRuntime, StateInUseError } from "@camclips/local";
import { UsageError } from "../exit-codes.ts";
import { evidenceSigner } from "../input/evidence-key.ts";
import { localMedia, usableFfmpeg } from "../input/ffmpeg.ts";
import type { View } from "../view/view.ts";
import { engineOf } from "./engine.ts";

export interface SessionOptions {
  root: string;
  settings: Settings;
  origin: ObjectReader;
  destination: ObjectStore;
  /** Default: over HTTP, as the settings say. */
  cameras?: CameraService;
  destinationBucket: string;
  view: View;
  clock?: Clock;
  /** Of a state with more than one clip: the same cut is made once. */
  reuses?: boolean;
}

/** A running pipeline; disposing of it stops it and leaves what is unfinished for the next one. */
export interface Session extends AsyncDisposable {
  runtime: LocalRuntime;
}

/** @throws UsageError when the state folder is in use or cannot be written, or when there is no ffmpeg. */
export async function openSession({ view, root, reuses, ...options }: SessionOptions): Promise<Session> {
  const media = localMedia(await usableFfmpeg(process.env));
  const runtime = new LocalRuntime({
    ...options,
    // ffmpeg runs in a folder of its own.
    root: resolve(root),
    media,
    engine: reuses ? engineOf(media) : undefined,
    signer: await evidenceSigner(options.settings.EVIDENCE_KEY),
    onEvent: (event) => view.event(event),
    onProgress: (clipId, percent) => view.progress(clipId, percent),
    log: both(createLogFile(resolve(root)), { info() {}, warn: noted(view), error: noted(view) }),
  });
  await runtime.start().catch((error: unknown) => {
    if (error instanceof StateInUseError) throw new UsageError(error.message);
    throw error;
  });
  return { runtime, [Symbol.asyncDispose]: () => runtime.stop() };
}

const both = (one: Log, other: Log): Log => ({
  info(message, fields) {
    one.info(message, fields);
    other.info(message, fields);
  },
  warn(message, fields) {
    one.warn(message, fields);
    other.warn(message, fields);
  },
  error(message, fields) {
    one.error(message, fields);
    other.error(message, fields);
  },
});

const noted = (view: View) => (message: string, fields?: Record<string, unknown>) =>
  view.note(warning(message, fields));

function warning(message: string, { stage, reason, error }: Record<string, unknown> = {}): string {
  return [stage, message, reason, error].filter(Boolean).join(": ");
}
