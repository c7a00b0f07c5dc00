import type { Settings } from "@camclips/events";
import type { Config } from "@camclips/recordings";
import type { Command } from "commander";
import { UsageError } from "../exit-codes.ts";
import { settingsFrom } from "../input/environment.ts";
import { evidenceSigner } from "../input/evidence-key.ts";
import { localMedia, usableFfmpeg } from "../input/ffmpeg.ts";
import { lineLog } from "../serve/log.ts";
import { notifySystemd } from "../serve/notify-systemd.ts";
import { stopping } from "../stopping.ts";
import { Subcommand } from "../subcommand.ts";

interface ServeOptions {
  config: string;
  json?: true;
}

const help = `
Runs the pipeline for good: watches the recordings, takes requests over HTTP and out of the drop folder, and shows a console.
Ctrl-C and SIGTERM end what is under way first; whatever ends it, the next one on the same state goes on.

The configuration says where the recordings are, how they are named, where to listen, and who may do what; "camclips init" writes one.
Only this machine reaches the service unless tokens are named. docs/service.md tells the rest.

Examples:
  camclips init /srv/nvr && camclips serve
  camclips serve --config /etc/camclips/camclips.config.yaml --json
  curl -s http://127.0.0.1:8420/clips -H 'Content-Type: application/json' \\
       -d '{"camera": "harbour", "start": "2026-01-01T13:05:10Z", "end": "2026-01-01T13:06:10Z"}'`;

export function serveCommand(): Command {
  return new Subcommand("serve")
    .description("run as a service: HTTP API, console, drop folder")
    .option("--config <file>", "the configuration", "camclips.config.yaml")
    .option("--json", "log as JSON lines")
    .addHelpText("after", help)
    .action(serve);
}

async function serve({ config: file, json }: ServeOptions): Promise<void> {
  const [{ readConfig }, { startService }] = await Promise.all([
    import("@camclips/recordings"),
    import("@camclips/service"),
  ]);
  const config = readConfig(file);
  const media = localMedia(await usableFfmpeg(process.env));
  const log = lineLog(process.stderr, json === true);
  const settings = settingsOf(config);
  const signer = await evidenceSigner(settings.EVIDENCE_KEY);
  const service = await startService({ config, settings, media, signer, log }).catch((error: unknown) => {
    throw told(error as NodeJS.ErrnoException, config.listen);
  });
  const notify = (state: Parameters<typeof notifySystemd>[0]) =>
    notifySystemd(state, process.env).catch((error: Error) =>
      log("warn", "systemd was not told", { error: error.message }),
    );
  stopping.run = () => {
    delete stopping.run;
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
