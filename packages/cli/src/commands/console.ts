import { existsSync } from "node:fs";
import type { Desk } from "@camclips/functions";
import type { LinkToClip, OpenFile } from "@camclips/service";
import { type Command, InvalidArgumentError } from "commander";
import { openBrowser } from "../console/open-browser.ts";
import { openDesk } from "../desk/place.ts";
import { hasFolder } from "../desk/state-files.ts";
import { UsageError } from "../exit-codes.ts";
import { serverOption } from "../input/server-options.ts";
import { stageOption } from "../input/stage-option.ts";
import { stopping } from "../stopping.ts";
import { Subcommand } from "../subcommand.ts";

interface ConsoleOptions {
  config: string;
  /** Whether somebody named it, or it is the usual one. */
  isNamed: boolean;
  server?: string;
  stage?: string;
  state?: string;
  port: number;
  open: boolean;
}

const help = `
Without options it opens the page of the service that the configuration is of, and starts that service where none answers. Without a
configuration it shows what commands left in the state folder (.camclips).

--stage shows a deployed stage: its clips with their history, media, evidence and links to them, its queues and dead letters, with your own AWS rights. The page is
served on this machine alone, under an address that holds a token; whoever has it acts as you, until Ctrl-C. Every look at queues is a few calls
of SQS, every list a query of DynamoDB.

Examples:
  camclips console
  camclips console --server http://nvr.local:8420
  camclips console --stage staging
  camclips console --state .camclips --no-open`;

export function consoleCommand(): Command {
  return new Subcommand("console")
    .description("look at clips in a browser: of a service, a state folder, or a deployed stage")
    .option("--config <file>", "the configuration of the service", "camclips.config.yaml")
    .addOption(serverOption().conflicts(["config", "stage", "state"]))
    .addOption(stageOption().conflicts(["config", "state"]))
    .option("--state <dir>", "what commands left in this state folder")
    .option("--port <number>", "of the page of a stage or a state folder (default: any that is free)", parsePort, 0)
    .option("--no-open", "only print the address")
    .addHelpText("after", help)
    .action((options: ConsoleOptions, command: Command) =>
      showConsole({ ...options, isNamed: command.getOptionValueSource("config") === "cli" }),
    );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port < 65_536) return port;
  throw new InvalidArgumentError("Ports are numbers up to 65535.");
}

async function showConsole({ server, open, ...place }: ConsoleOptions): Promise<void> {
  const url = server ?? (await servedUrl(place));
  if (server && !(await answers(server)))
    throw new UsageError(`no service answers at ${server}; "camclips serve" runs one`);
  process.stdout.write(`${url}\n`);
  if (open) openBrowser(url);
}

async function servedUrl(place: Omit<ConsoleOptions, "server" | "open">): Promise<string> {
  const { config, isNamed, stage, state, port } = place;
  const address = `127.0.0.1:${port}`;
  if (stage) return serveStage(stage, address);
  if (state === undefined && (isNamed || existsSync(config))) return urlOfService(config);
  const folder = state ?? ".camclips";
  if (!hasFolder(folder))
    throw new UsageError(
      `there is neither a configuration ${config} nor a state folder ${folder}: "camclips init" writes a configuration, --stage shows a deployed stage`,
    );
  const { openLocal } = await import("../console/open-files.ts");
  return serveDesk(await openDesk({ state: folder }), { open: openLocal }, address);
}

async function serveStage(stage: string, address: string): Promise<string> {
  const [{ findDeployment }, { deployedDesk }, { linkMaker }, { openDeployed }] = await Promise.all([
    import("../deployed/deployment.ts"),
    import("../deployed/desk.ts"),
    import("../deployed/link.ts"),
    import("../console/open-files.ts"),
  ]);
  const deployed = await findDeployment(stage);
  const link = await linkMaker(deployed).catch((error: Error) => {
    process.stderr.write(`camclips: the page makes no links: ${error.message}\n`);
    return undefined;
  });
  return serveDesk(deployedDesk(deployed, stage), { open: await openDeployed(deployed), link }, address);
}

/** @returns the address with which whoever runs this is let in. */
async function serveDesk(
  desk: Desk,
  files: { open: OpenFile; link?: LinkToClip | undefined },
  address: string,
): Promise<string> {
  const { startDeskConsole } = await import("@camclips/service");
  const onError = (error: unknown) => process.stderr.write(`camclips: ${(error as Error).message}\n`);
  const served = await startDeskConsole({ desk, ...files, address, onError });
  stopping.run = () => void served.close().finally(() => process.exit(0));
  process.stderr.write(`the console of ${desk.name}, until Ctrl-C:\n`);
  return `${served.url}/#/login/${served.token}`;
}

/** The service of a configuration: the one that runs, or else one in this process. */
async function urlOfService(file: string): Promise<string> {
  const { readConfig } = await import("@camclips/recordings");
  const config = readConfig(file);
  const url = `http://${config.listen.replace(/^(?:0\.0\.0\.0|\[::\])(?=:)/, "127.0.0.1")}`;
  if (await answers(url)) return `${url}/`;
  const { runService } = await import("../serve/run-service.ts");
  return `${await runService(config, false)}/`;
}

/** Degraded or not, it is there. */
const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/healthz`, { signal: AbortSignal.timeout(3_000) }).then(
    async (answer) => /^(?:ok|degraded)$/.test(String(((await answer.json()) as { status?: string }).status)),
    () => false,
  );
