import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { clipKey } from "@camclips/core";
import { choiceNames, MOST_ITEMS } from "@camclips/events";
import type { Command } from "commander";
import * as z from "zod/mini";
import { type ExitCode, exitCodes, exitCodesHelp, UsageError } from "../exit-codes.ts";
import { type BatchClip, readBatch } from "../input/batch-file.ts";
import { folderSettings } from "../input/environment.ts";
import { usableFfmpeg } from "../input/ffmpeg.ts";
import { parseGroupId } from "../input/group-id.ts";
import { zoneNamed, zoneOption } from "../input/range.ts";
import { requestBodyOf } from "../input/request-options.ts";
import { serverOption, tokenOption } from "../input/server-options.ts";
import { makeWritable } from "../input/writable-folder.ts";
import {
  addRecordingsOptions,
  findRecordings,
  placeOf,
  type RecordingsOptions,
} from "../recordings/find-recordings.ts";
import { footageIn } from "../recordings/footage.ts";
import type { Scan } from "../recordings/scan.ts";
import { clipIdOf } from "../run/clip-id.ts";
import { runClipJob } from "../run/clip-job.ts";
import { callServer, type Server } from "../server/call-server.ts";
import { Subcommand } from "../subcommand.ts";
import { silentView } from "../view/silent-view.ts";
import { parseId } from "./clip.ts";

interface BatchOptions extends RecordingsOptions {
  camera?: string;
  zone: string;
  out: string;
  state: string;
  group?: string;
  server?: string;
  token?: string;
}

/** What became of one clip: a line of the output. */
interface Result {
  line: number;
  clipId: string;
  status: string;
  metadata?: unknown;
  error?: string;
}

const POLL_MS = 1000;
const AT_ONCE = 100;

const help = `
The file holds a clip a line: JSON ({"camera": "harbour", "start": "2026-01-01T13:05:10Z", "duration": "45s"}), or CSV whose first
line names the columns. camera, start, and end or duration; clipId, title, gapPolicy, precision and priority are optional.

Each result is a JSON line on stdout, as soon as there is one. The same command again goes on where it was stopped: what is there
already is not made again. The exit code is that of the worst clip.

With --group the clips are one group: subscribers are told of all of them at once, and "camclips group NAME" shows what became of each. A
service takes groups; what a command makes by itself has no subscribers.

Examples:
  camclips batch clips.csv --recordings ./recordings > results.jsonl
  camclips batch clips.jsonl --server http://127.0.0.1:8420
  camclips batch clips.csv --group incident-7 --server http://127.0.0.1:8420
  sqlite3 -csv -header incidents.db "SELECT camera, start, duration FROM incidents" | camclips batch - --config camclips.config.yaml
${exitCodesHelp}`;

export function batchCommand(): Command {
  return addRecordingsOptions(new Subcommand("batch"))
    .description("make the clips that a file lists, of any number of cameras")
    .argument("<file>", 'JSON lines or CSV; "-" for stdin')
    .option("--camera <name>", "camera of lines that name none", parseId)
    .addOption(zoneOption())
    .option("--out <dir>", "folder of the results", "clips")
    .option("--state <dir>", "folder of the unfinished work", ".camclips")
    .option("--group <name>", "ask for all of them as one group (with --server)", parseGroupId)
    .addOption(serverOption("have a running service make them").conflicts(["recordings", "layout", "config"]))
    .addOption(tokenOption())
    .addHelpText("after", help)
    .action(batch);
}

async function batch(file: string, options: BatchOptions): Promise<void> {
  if (options.group && !options.server)
    throw new UsageError("--group needs a service that takes groups: name it with --server URL");
  const clips = (await readBatch(file, await zoneNamed(options.zone), options.camera)).map((clip) => ({
    ...clip,
    clipId: clip.clipId ?? clipIdOf(clip),
  }));
  const results = options.server
    ? viaServer({ url: options.server, token: options.token }, clips, options.group)
    : inFolder(clips, options);
  const codes = new Set<ExitCode>();
  let count = 0;
  for await (const result of results) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    codes.add(codeOf(result));
    count += 1;
    if (process.stderr.isTTY) process.stderr.write(`\r${count} of ${clips.length}`);
  }
  if (process.stderr.isTTY) process.stderr.write("\n");
  const order = [exitCodes.unexpected, exitCodes.usage, exitCodes.noClip, exitCodes.pending] as const;
  process.exitCode = order.find((code) => codes.has(code)) ?? exitCodes.ok;
}

type Clip = BatchClip & { clipId: string };

function codeOf({ status, error }: Result): ExitCode {
  if (error !== undefined) return exitCodes.usage;
  if (status === "CLIP_AVAILABLE") return exitCodes.ok;
  return status === "CLIP_PENDING" ? exitCodes.pending : exitCodes.noClip;
}

async function* inFolder(clips: readonly Clip[], options: BatchOptions): AsyncGenerator<Result> {
  const { out, state } = options;
  await usableFfmpeg(process.env);
  await makeWritable(out, "--out");
  await makeWritable(state, "--state");
  const settings = folderSettings(process.env, out);
  const scans = new Map<string, Promise<Scan>>();
  for (const clip of clips) {
    const { line, clipId, camera, start, end } = clip;
    const before = await madeBefore(out, clip);
    if (before) {
      yield { line, clipId, status: before.status, metadata: before };
      continue;
    }
    try {
      const scan = scans.get(camera) ?? findRecordings(camera, options, settings);
      scans.set(camera, scan);
      const { footage, origin } = await footageIn((await scan).recordings, [start, end], settings);
      const body = requestBodyOf(clipId, clip);
      const identity = [resolve(placeOf(options))];
      const job = { body, alias: camera, footage, origin, identity, out, state, settings, view: silentView };
      const { outcome } = await runClipJob(job);
      yield { line, clipId, status: outcome.status, metadata: outcome.metadata };
    } catch (error) {
      // The next clip may be of another camera.
      if (!(error instanceof UsageError)) throw error;
      yield { line, clipId, status: "FATAL_ERROR", error: error.message };
    }
  }
}

const metadata = z.looseObject({
  status: z.literal("CLIP_AVAILABLE"),
  startTimestampInMs: z.number(),
  endTimestampInMs: z.number(),
});

async function madeBefore(out: string, { camera, clipId, start, end }: Clip) {
  const clip = join(out, clipKey(camera, clipId));
  if (!existsSync(clip)) return undefined;
  const path = clip.replace(/\.mp4$/, ".json");
  const read = metadata.safeParse(JSON.parse(await readFile(path, "utf8").catch(() => "null")));
  const isSame = read.data?.startTimestampInMs === start && read.data.endTimestampInMs === end;
  return isSame ? read.data : undefined;
}

const view = z.looseObject({
  clipId: z.string(),
  state: z.string(),
  status: z.optional(z.string()),
  metadata: z.optional(z.unknown()),
});

/** Asked for a hundred at a time; waiting ones are told when they are decided. */
async function* viaServer(server: Server, clips: readonly Clip[], group?: string): AsyncGenerator<Result> {
  if (group) await askAsGroup(server, clips, group);
  for (let at = 0; at < clips.length; at += AT_ONCE) {
    const open = new Map<string, Clip>();
    for (const clip of clips.slice(at, at + AT_ONCE)) {
      const { line, clipId } = clip;
      try {
        if (!group) await callServer(server, "/clips", { method: "POST", body: wantedOf(clip) });
        open.set(clipId, clip);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        yield { line, clipId, status: "FATAL_ERROR", error: error.message };
      }
    }
    while (open.size > 0) {
      for (const [clipId, { line }] of open) {
        const found = view.parse(await callServer(server, `/clips/${encodeURIComponent(clipId)}`));
        if (["queued", "working", "waiting"].includes(found.state)) continue;
        open.delete(clipId);
        yield { line, clipId, status: found.status ?? found.state, metadata: found.metadata };
      }
      if (open.size > 0) await setTimeout(POLL_MS);
    }
  }
}

/** The same file again is the same group. @throws UsageError in the service's words when it refuses it. */
async function askAsGroup(server: Server, clips: readonly Clip[], groupId: string): Promise<void> {
  if (clips.length > MOST_ITEMS)
    throw new UsageError(`a group has ${MOST_ITEMS} clips at most, and the file lists ${clips.length}: split it`);
  await callServer(server, "/groups", { method: "POST", body: { groupId, items: clips.map(wantedOf) } });
}

/** As the service's API takes it. */
function wantedOf({ clipId, camera, start, end, title, ...clip }: Clip) {
  const choices = Object.fromEntries(choiceNames.map((name) => [name, clip[name]]));
  return { clipId, camera, start, end, title, ...choices };
}
