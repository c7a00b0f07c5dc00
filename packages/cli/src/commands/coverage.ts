import { overlapsIn, planParts } from "@camclips/core";
import type { Interval } from "@camclips/events";
import type { Command } from "commander";
import * as z from "zod/mini";
import { folderSettings } from "../input/environment.ts";
import { readInstant } from "../input/instant.ts";
import { checkRange, endOption, startOption, zoneNamed, zoneOption } from "../input/range.ts";
import { serverOption, tokenOption } from "../input/server-options.ts";
import { addRecordingsOptions, findRecordings, type RecordingsOptions } from "../recordings/find-recordings.ts";
import { footageIn } from "../recordings/footage.ts";
import { callServer, type Server } from "../server/call-server.ts";
import { Subcommand } from "../subcommand.ts";
import { coverageBar } from "../view/coverage-bar.ts";
import { instant, roughly } from "../view/format.ts";
import { parseId } from "./clip.ts";

interface CoverageOptions extends RecordingsOptions {
  camera: string;
  start?: string;
  end?: string;
  zone: string;
  server?: string;
  token?: string;
  json?: true;
}

/** What there is of a camera in a range, and twice; and what nobody knows of: broken files, and those whose end shows only when they are read. */
const covered = z.object({
  start: z.number(),
  end: z.number(),
  spans: z.array(z.looseObject({ start: z.number(), end: z.number() })),
  gaps: z.array(z.looseObject({ start: z.number(), end: z.number(), cause: z.string() })),
  overlaps: z.optional(z.array(z.object({ start: z.number(), end: z.number(), files: z.array(z.string()) }))),
  unread: z.optional(z.array(z.object({ name: z.string(), why: z.string() }))),
});
type Covered = z.infer<typeof covered>;

const EVER: Interval = [0, Number.MAX_SAFE_INTEGER];

const help = `
Without --start and --end: all that there is (of a running service: the last day).

Examples:
  camclips coverage --recordings ./recordings --camera harbour
  camclips coverage --config camclips.config.yaml --camera harbour --start "2 hours ago" --json | jq .gaps
  camclips coverage --server http://127.0.0.1:8420 --camera harbour --zone Europe/Paris --start 2026-01-01`;

export function coverageCommand(): Command {
  return addRecordingsOptions(new Subcommand("coverage"))
    .description("tell what was recorded: spans, gaps, and a bar to look at")
    .requiredOption("--camera <name>", "the camera", parseId)
    .addOption(startOption())
    .addOption(endOption())
    .addOption(zoneOption())
    .addOption(serverOption("ask a running service").conflicts(["recordings", "layout", "config"]))
    .addOption(tokenOption())
    .option("--json", "print it as JSON")
    .addHelpText("after", help)
    .action(coverage);
}

async function coverage({ start, end, zone, ...options }: CoverageOptions): Promise<void> {
  const zoneOf = await zoneNamed(zone);
  const read = (text: string | undefined) => (text === undefined ? undefined : readInstant(text, zoneOf));
  const asked = { start: read(start), end: read(end) };
  if (asked.start !== undefined && asked.end !== undefined) checkRange(asked.start, asked.end);
  const found = options.server
    ? await ofServer({ url: options.server, token: options.token }, options.camera, asked)
    : await ofFolder({ ...options, zone }, asked);
  if (options.json) process.stdout.write(`${JSON.stringify({ camera: options.camera, ...found }, null, 2)}\n`);
  else process.stdout.write(`${linesOf(found).join("\n")}\n`);
}

interface Asked {
  start: number | undefined;
  end: number | undefined;
}

async function ofServer(server: Server, camera: string, { start, end }: Asked): Promise<Covered> {
  const query = new URLSearchParams();
  if (start !== undefined) query.set("start", String(start));
  if (end !== undefined) query.set("end", String(end));
  return covered.parse(await callServer(server, `/cameras/${encodeURIComponent(camera)}/coverage?${query}`));
}

async function ofFolder(options: CoverageOptions, { start, end }: Asked): Promise<Covered> {
  const settings = folderSettings(process.env, ".");
  const { recordings } = await findRecordings(options.camera, options, settings);
  const { known: footage, endless, broken } = await footageIn(recordings, [start ?? EVER[0], end ?? EVER[1]], settings);
  const unread = [
    ...broken.map(({ name, why }) => ({ name, why })),
    ...endless.map((name) => ({ name, why: "where it ends shows only when all of it is read" })),
  ];
  const from = start ?? least(recordings.map(({ startMs }) => startMs));
  const to = end ?? Math.max(from, -least(footage.map(({ endMs }) => -endMs)));
  const { holes } = planParts([from, to], footage, settings.JOIN_TOLERANCE_MS);
  const edges = [from, ...holes.flat(), to];
  const spans = edges.flatMap((at, index) => {
    const until = edges[index + 1] ?? at;
    return index % 2 === 0 && until > at ? [{ start: at, end: until }] : [];
  });
  const gaps = holes.map(([start, end]) => {
    const isBroken = broken.some(({ startMs }) => startMs >= start && startMs < end);
    return { start, end, cause: isBroken ? "CORRUPT_SOURCE" : "NOT_RECORDED" };
  });
  const overlaps = overlapsIn(footage, settings.JOIN_TOLERANCE_MS).map(({ startMs, endMs, recordings: files }) => ({
    ...{ start: startMs, end: endMs, files },
  }));
  return {
    start: from,
    end: to,
    spans,
    gaps,
    ...(overlaps.length > 0 && { overlaps }),
    ...(unread.length > 0 && { unread }),
  };
}

/** Of so many that they are too much for the arguments of a function; 0 of none. */
const least = (numbers: readonly number[]): number =>
  numbers.reduce((lowest, number) => Math.min(lowest, number), numbers[0] ?? 0);

function linesOf({ start, end, spans, gaps, overlaps = [], unread = [] }: Covered): string[] {
  const total = spans.reduce((sum, span) => sum + span.end - span.start, 0);
  const rows = [
    ...spans.map((span) => ({ ...span, what: "footage" })),
    ...gaps.map(({ cause, ...gap }) => ({ ...gap, what: `gap      ${cause}` })),
    ...overlaps.map(({ files, ...overlap }) => ({ ...overlap, what: `overlap  ${files.join(", ")}` })),
  ].sort((a, b) => a.start - b.start);
  return [
    `${instant(start)} to ${instant(end)}: ${roughly(total)} of ${roughly(end - start)}, ${((100 * total) / Math.max(1, end - start)).toFixed(1)} %`,
    coverageBar(
      [start, end],
      spans.map((span): Interval => [span.start, span.end]),
    ),
    ...rows.map(
      (row) => `${instant(row.start)}  ${instant(row.end)}  ${roughly(row.end - row.start).padStart(8)}  ${row.what}`,
    ),
    ...unread.map(({ name, why }) => `not counted: ${name}: ${why}`),
  ];
}
