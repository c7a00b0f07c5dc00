import type { Command } from "commander";
import { runService } from "../serve/run-service.ts";
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
  const { readConfig } = await import("@camclips/recordings");
  await runService(readConfig(file), json === true);
}
