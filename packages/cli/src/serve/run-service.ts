import type { Settings } from "@camclips/events";
import type { Config } from "@camclips/recordings";
import { UsageError } from "../exit-codes.ts";
import { settingsFrom } from "../input/environment.ts";
import { evidenceSigner } from "../input/evidence-key.ts";
import { localMedia, usableFfmpeg } from "../input/ffmpeg.ts";
import { engineOf } from "../run/engine.ts";
import { stopping } from "../stopping.ts";
import { lineLog } from "./log.ts";
import { notifySystemd } from "./notify-systemd.ts";

/** Runs the service until it is told to end. @returns its address, once it serves. */
export async function runService(config: Config, json: boolean): Promise<string> {
  const { startService } = await import("@camclips/service");
  const media = localMedia(await usableFfmpeg(process.env));
  const log = lineLog(process.stderr, json);
  const settings = settingsOf(config);
  const engine = engineOf(media);
  // While the code that runs is the one that lies there.
  void engine();
  const signer = await evidenceSigner(settings.EVIDENCE_KEY);
  const service = await startService({ config, settings, media, engine, signer, log }).catch((error: unknown) => {
    throw told(error as NodeJS.ErrnoException, config.listen);
  });
  const notify = (state: Parameters<typeof notifySystemd>[0]) =>
    notifySystemd(state, process.env).catch((error: Error) =>
      log("warn", "systemd was not told", { error: error.message }),
    );
  stopping.run = () => {
    log("info", "stopping");
    void notify("--stopping");
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log("error", "not stopped cleanly", { error: String(error) });
        process.exit(1);
      },
    );
  };
  log("info", `serving ${service.url}`, { console: `${service.url}/`, api: `${service.url}/docs` });
  await notify("--ready");
  return service.url;
}

/** The pipeline's settings on one machine; what says where things are on AWS is not asked for. */
function settingsOf({ settings, publicUrl, listen }: Config): Settings {
  const base = publicUrl?.replace(/\/+$/, "") ?? `http://${listen}`;
  return settingsFrom({
    ...settings,
    CAM_SERVICES_URL: base,
    RECORDINGS_URL: base,
    CLIP_URL: `${base}/files`,
    S3_BUCKET_ORIGIN: "./recordings",
    RECORDING_LAYOUT: "",
  });
}

function told(error: NodeJS.ErrnoException, listen: string): Error {
  if (error.name === "StateInUseError") return new UsageError(error.message);
  if (error.code === "EADDRINUSE")
    return new UsageError(`${listen} is taken by another program: choose another "listen" in the configuration`);
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return new UsageError(`${listen} is no address of this machine`);
  return error;
}
