import { parseArgs } from "node:util";
import { createMediaEngine } from "@camclips/core/media/ffmpeg";
import { type LoadResult, loadEmbedded } from "./embedded.ts";
import { stubEngine } from "./stub-engine.ts";

const HELP = `Load on the embedded runtime: all messages at once, until every clip has its terminal status.

  npm run bench:load                    200 clips with rendering stubbed out, 20 with real rendering
  npm run bench:load -- --clips 1000 --rendered 50
  npm run bench:load -- --json
`;

const { values } = parseArgs({
  options: {
    clips: { type: "string", default: "200" },
    rendered: { type: "string", default: "20" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
} else {
  const ffmpeg = process.env.FFMPEG_BIN || "ffmpeg";
  const engine = createMediaEngine({ ffmpeg, threads: 2, timeLimitMs: 60_000 });
  const results = {
    "pipeline alone": await loadEmbedded(Number(values.clips), stubEngine, ffmpeg),
    "with rendering": await loadEmbedded(Number(values.rendered), engine, ffmpeg),
  };
  process.stdout.write(values.json ? `${JSON.stringify(results, null, 2)}\n` : report(results));
}

function report(results: Record<string, LoadResult>): string {
  const lines = Object.entries(results).map(
    ([name, { clips, clipsPerMinute, latencyMs, eventsPerClip, workMsPerClip, memoryMb }]) =>
      [
        `${name}: ${clips} clips of 5 s at once`,
        `  ${clipsPerMinute.toFixed(0)} clips a minute`,
        `  message to published: p50 ${latencyMs.p50} ms, p95 ${latencyMs.p95} ms, p99 ${latencyMs.p99} ms (waiting for a turn included)`,
        `  stages of one clip: ${workMsPerClip.toFixed(0)} ms together, ${eventsPerClip.toFixed(1)} events`,
        `  resident memory over the run: ${memoryMb.join(", ")} MB`,
      ].join("\n"),
  );
  return `${lines.join("\n\n")}\n`;
}
