import type { Clock } from "@camclips/core";
import type { Settings } from "@camclips/events";
import type { LocalRuntime } from "@camclips/local";
import type { RecordingsIndex } from "@camclips/local/recordings";
import type { MediaEngine } from "@camclips/media";
import type { Config } from "@camclips/recordings";
import type { Signer } from "./auth/signed.ts";
import type { Live } from "./live.ts";

/** What the handlers of the API work with. */
export interface Site {
  config: Config;
  settings: Settings;
  runtime: LocalRuntime;
  index: RecordingsIndex;
  live: Live;
  media: MediaEngine;
  signer: Signer;
  clock: Clock;
}

/** Whether the configuration or the recordings know a camera. */
export const knowsCamera = ({ config, index }: Pick<Site, "config" | "index">, camera: string): boolean =>
  Object.hasOwn(config.cameras, camera) || index.hasCamera(camera);
