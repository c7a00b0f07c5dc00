import { parseArgs } from "node:util";
import { pipeline } from "@camclips/events";
import { countFrom, orUsage } from "../arguments.ts";
import { type Report, reportOf } from "./simulation.ts";

const HELP = `The pipeline on AWS in simulated time: the real stages and rules, behind queues with a bounded number of functions, with the
table's times for the work itself (docs/scale.md). About a minute for 50,000 clips.

  npm run bench:scale                                       1,000, 10,000 and 100,000 clips an hour
  npm run bench:scale -- --rate 30000 --minutes 20
  npm run bench:scale -- --rate 100000 --limit render-clip=200 --limit download-sources=80
  npm run bench:scale -- --rate 18000 --minutes 120 --limit render-clip=5     three times what five functions can do
  npm run bench:scale -- --rate 13500 --takes render-clip=40                  exact cuts
  npm run bench:scale -- --rate 135000 --minutes 24 --priority high=10 --priority low=20    percent of the clips
`;

function readArguments() {
  const { values } = parseArgs({
    options: {
      rate: { type: "string", multiple: true, default: ["1000", "10000", "100000"] },
      minutes: { type: "string", default: "20" },
      limit: { type: "string", multiple: true, default: [] },
      takes: { type: "string", multiple: true, default: [] },
      priority: { type: "string", multiple: true, default: [] },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { rate, minutes, limit, takes, priority, seed, ...flags } = values;
  return {
    ...flags,
    rates: rate.map((text) => countFrom("rate", text)),
    minutes: countFrom("minutes", minutes),
    seed: countFrom("seed", seed),
    limits: Object.fromEntries(limit.map((text) => readCount("limit", text))),
    takesSeconds: Object.fromEntries(takes.map((text) => readCount("takes", text))),
    priorities: Object.fromEntries(priority.map(readShare)),
  };
}

function readShare(text: string): [priority: string, share: number] {
  const [name = "", percent = ""] = text.split("=");
  if (name !== "high" && name !== "low") throw new Error(`--priority ${text}: high=PERCENT or low=PERCENT`);
  return [name, countFrom(`priority ${name} =`, percent) / 100];
}

function readCount(option: string, text: string): [stage: string, count: number] {
  const [stage = "", count = ""] = text.split("=");
  if (!pipeline.some((row) => row.stage === stage.split("/")[0]))
    throw new Error(`--${option} ${text}: ${stage || "nothing"} is no stage; STAGE=NUMBER, such as render-clip=200`);
  return [stage, countFrom(`${option} ${stage} =`, count)];
}

const { help, json, rates, ...load } = orUsage(HELP, readArguments);
if (help) {
  process.stdout.write(HELP);
} else {
  const reports: Report[] = [];
  for (const clipsPerHour of rates) {
    const report = await reportOf({ ...load, clipsPerHour });
    if (!json) process.stdout.write(`${textOf(report)}\n`);
    reports.push(report);
  }
  if (json) process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
}

function textOf({ clipsPerHour, stages, capacityPerHour, goodput, told, latencyMs, byPriority }: Report): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const times = Object.entries(latencyMs).flatMap(([who, ms]) =>
    ms ? [`${who} after p50 ${seconds(ms.p50)}, p99 ${seconds(ms.p99)}`] : [],
  );
  const priorities = Object.entries(byPriority).map(
    ([name, { asked, delivered, p50, p95 }]) =>
      `  ${name.padEnd(18)} ${delivered} of ${asked} delivered, after p50 ${seconds(p50)}, p95 ${seconds(p95)}`,
  );
  const lines = stages.map(
    ({ stage, busy, limit, longestQueue }) =>
      `  ${stage.padEnd(21)} ${busy.toFixed(1).padStart(7)} of ${String(limit).padStart(4)} busy, longest queue ${longestQueue}`,
  );
  return [
    `${clipsPerHour} clips an hour, ${Math.round(capacityPerHour)} can be made: goodput ${(goodput * 100).toFixed(0)} %; ${times.join("; ")}`,
    `  told: ${Object.entries(told)
      .map(([status, count]) => `${status} ${count}`)
      .join(", ")}`,
    ...(priorities.length > 1 ? priorities : []),
    ...lines,
  ].join("\n");
}
