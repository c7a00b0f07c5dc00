import type { ClipLink } from "@camclips/core";
import type { Command } from "commander";
import { exitCodesHelp, UsageError } from "../exit-codes.ts";
import { parseDuration } from "../input/instant.ts";
import { serverOption, tokenOption } from "../input/server-options.ts";
import { stageOption } from "../input/stage-option.ts";
import { callServer, type Server } from "../server/call-server.ts";
import { Subcommand } from "../subcommand.ts";
import { parseId } from "./clip.ts";

interface LinkOptions {
  expires: number;
  stage?: string;
  server: string;
  token?: string;
  json?: true;
}

const DAY_MS = 24 * 3_600_000;

const help = `
Whoever has the link needs no token and no account, until it expires. It is for this clip alone.

Of a service on one machine, its own key signs (at most 30 days). Of a deployed stage, the key in CLIP_LINKS_KEY where clips are served with
CLIP_ACCESS=signed; otherwise your AWS credentials do (S3: at most 7 days, and no longer than they last themselves).

Examples:
  camclips link CLIP_ID
  camclips link CLIP_ID --expires 7d --server http://nvr.local:8420
  camclips link CLIP_ID --expires 90m --stage production --json | jq -r .url
${exitCodesHelp}`;

export function linkCommand(): Command {
  return new Subcommand("link")
    .description("make a link to a clip that needs no account, and expires")
    .argument("<clipId>", "the clip", parseId)
    .option("--expires <time>", "how long it works: 90m, 24h, 7d (default: 24h)", parseLife, DAY_MS)
    .addOption(serverOption("the service that made it").default("http://127.0.0.1:8420"))
    .addOption(tokenOption())
    .addOption(stageOption().conflicts("server"))
    .option("--json", "print url and expiresAt as JSON")
    .addHelpText("after", help)
    .action(link);
}

function parseLife(text: string): number {
  const [, days] = /^(\d{1,3})d$/.exec(text.trim()) ?? [];
  return days ? Number(days) * DAY_MS : parseDuration(text);
}

async function link(clipId: string, { expires, stage, server: url, token, json }: LinkOptions): Promise<void> {
  const made = stage ? await deployedLink(stage, clipId, expires) : await servedLink({ url, token }, clipId, expires);
  if (json) process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
  else process.stdout.write(`${made.url}\n`);
  const short = Date.parse(made.expiresAt) < Date.now() + expires - 60_000;
  const why = short ? ", which is as long as it can be signed for" : "";
  process.stderr.write(`works until ${made.expiresAt}${why}\n`);
}

async function servedLink(server: Server, clipId: string, expires: number): Promise<ClipLink> {
  if (expires < 60_000) throw new UsageError("--expires: a link works for a minute at least");
  const body = { seconds: Math.floor(expires / 1000) };
  return (await callServer(server, `/clips/${encodeURIComponent(clipId)}/links`, { method: "POST", body })) as ClipLink;
}

async function deployedLink(stage: string, clipId: string, expires: number): Promise<ClipLink> {
  const { linkInto } = await import("../deployed/link.ts");
  return linkInto(stage, clipId, Date.now() + expires);
}
