import { parseArgs } from "node:util";
import { pipeline } from "@camclips/events";
import { countFrom, orUsage } from "../arguments.ts";
import { simulate } from "./simulation.ts";

const HELP = `Simulates the pipeline's queues on AWS (docs/scale.md).

  npm run bench:scale                                       1,000, 10,000 and 100,000 clips an hour
  npm run bench:scale -- --rate 30000 --minutes 20
  npm run bench:scale -- --rate 100000 --limit render-clip=200 --limit download-sources=80
`;

function readArguments() {
  const { values } = parseArgs({
    options: {
      rate: { type: "string", multiple: true, default: ["1000", "10000", "100000"] },
      minutes: { type: "string", default: "20" },
      limit: { type: "string", multiple: true, default: [] },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { rate, minutes, limit, seed, ...flags } = values;
  return {
    ...flags,
    rates: rate.map((text) => countFrom("rate", text)),
    minutes: countFrom("minutes", minutes),
    seed: countFrom("seed", seed),
    limits: Object.fromEntries(limit.map(readLimit)),
  };
}

function readLimit(text: string): [stage: string, limit: number] {
  const [stage = "", limit = ""] = text.split("=");
  if (!pipeline.some((row) => row.stage === stage))
    throw new Error(`--limit ${text}: ${stage || "nothing"} is no stage; STAGE=NUMBER, such as render-clip=200`);
  return [stage, countFrom(`limit ${stage} =`, limit)];
}

const { help, json, rates, minutes, seed, limits } = orUsage(HELP, readArguments);
if (help) {
  process.stdout.write(HELP);
} else {
  const results = rates.map((rate) => simulate(rate, minutes, seed, limits));
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else for (const result of results) process.stdout.write(`${report(result)}\n`);
}

function report({ clipsPerHour, stages, latencyMs, saturated }: ReturnType<typeof simulate>): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const verdict = saturated ? "SATURATED: the queues grow as long as this lasts" : "carried";
  const lines = stages.map(
    ({ stage, busy, limit, longestQueue }) =>
      `  ${stage.padEnd(18)} ${busy.toFixed(1).padStart(7)} of ${String(limit).padStart(4)} busy, longest queue ${longestQueue}`,
  );
  return [
    `${clipsPerHour} clips an hour: ${verdict}; p50 ${seconds(latencyMs.p50)}, p99 ${seconds(latencyMs.p99)}`,
    ...lines,
  ].join("\n");
}
