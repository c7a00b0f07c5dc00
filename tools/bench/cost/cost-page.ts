import { type PipelineStage, pipeline, type StageName } from "@camclips/events";
import type { ClipCalls } from "../../../packages/testing/src/chain/count-calls.ts";
import { prices } from "./prices.ts";

const CLIPS = 1000;

/** Of one clip, beside what is counted. The recording of the count is short: a long one is read in more ranges. */
const assumed = { moreRanges: 19, clipMb: 31, stagedMb: 40, stagedDays: 2, logKb: 15 };

/** Stages beside a clip's way to its status. */
const beside: readonly StageName[] = ["check-deadline", "record-event", "schedule-retry", "wake-clips", "watch-clips"];

const rows: readonly PipelineStage[] = pipeline;
const rowOf = (stage: string) => rows.find((row) => row.stage === stage);
const usesFfmpeg = (stage: string): boolean => rowOf(stage)?.ffmpeg ?? false;
const millisecondsOf = (stage: string): number => (rowOf(stage)?.typicalSeconds ?? 0) * 1000;

interface Line {
  what: string;
  of: string;
  usd: number;
}

/** What docs/scale.md says of costs and of limits, out of counted calls, the table's sizes and the prices. */
export function costPage(calls: ClipCalls): string {
  const making = linesOf(calls);
  const total = making.reduce((sum, { usd }) => sum + usd, 0);
  const keeping = keepingOf(calls);
  return [
    `List prices of ${prices.region}, ${prices.asOf}, in USD, for ${CLIPS.toLocaleString("en")} clips:`,
    "",
    "| what | of one clip | USD |",
    "|---|---|---|",
    ...making.map(lineText),
    `| **making them** | | **${total.toFixed(2)}** |`,
    ...keeping.map(lineText),
    "",
    "The stages in the order in which they are full, with the limits of the table:",
    "",
    "| stage | functions | ms | clips an hour |",
    "|---|---|---|---|",
    ...capacities().map(
      ({ stage, concurrency, ms, perHour }) =>
        `| ${stage} | ${concurrency} | ${ms.toLocaleString("en")} | ${perHour.toLocaleString("en")} |`,
    ),
  ].join("\n");
}

const lineText = ({ what, of, usd }: Line): string => `| ${what} | ${of} | ${usd.toFixed(3)} |`;

function linesOf(calls: ClipCalls): Line[] {
  const messages = Object.entries(calls.messages).map(([stage, count]) => ({ stage, count }));
  const invocations = messages.reduce((sum, { count }) => sum + count, 0);
  const reads = calls.s3Reads + assumed.moreRanges;
  const line = (what: string, count: number, price: number, of = String(count)): Line => ({
    what,
    of,
    usd: count * price * CLIPS,
  });
  return [
    ...messages.map(({ stage, count }) => {
      const gbSeconds = (count * millisecondsOf(stage) * memoryGb(stage)) / 1000;
      const of = `${count} x ${millisecondsOf(stage).toLocaleString("en")} ms x ${memoryGb(stage).toFixed(2)} GB`;
      return line(stage, gbSeconds, prices.lambdaGbSecond[usesFfmpeg(stage) ? "x86_64" : "arm64"], of);
    }),
    line("Lambda requests", invocations, prices.lambdaRequest),
    line("events", calls.events, prices.event),
    line("queue requests: send, receive, delete", 3 * invocations, prices.queueRequest),
    line("schedules", calls.schedules, prices.schedule),
    line("S3 writes", calls.s3Writes, prices.s3Write),
    line("S3 reads", reads, prices.s3Read, `${calls.s3Reads}, and ${assumed.moreRanges} more of a long recording`),
    line("DynamoDB write units", calls.writeUnits, prices.dynamoWriteUnit),
    line("DynamoDB read units", calls.readUnits, prices.dynamoReadUnit),
    line("notifications", calls.notifications, prices.notification),
    line("logs", assumed.logKb / 1e6, prices.logGb, `${assumed.logKb} kB`),
  ];
}

function keepingOf({ recordBytes }: ClipCalls): Line[] {
  const { clipMb, stagedMb, stagedDays } = assumed;
  const gigabytes = (megabytes: number) => (megabytes * CLIPS) / 1000;
  const recordMb = recordBytes / 1e6;
  return [
    { what: "keeping them a month", of: `${clipMb} MB`, usd: gigabytes(clipMb) * prices.s3GbMonth },
    {
      what: "their staged sources",
      of: `${stagedMb} MB for ${stagedDays} days`,
      usd: gigabytes(stagedMb) * prices.s3GbMonth * (stagedDays / 30),
    },
    {
      what: "their records a month",
      of: `${(recordBytes / 1000).toFixed(0)} kB`,
      usd: gigabytes(recordMb) * prices.dynamoGbMonth,
    },
  ];
}

const memoryGb = (stage: string): number => (rowOf(stage)?.memoryMb ?? 0) / 1024;

/** Functions at once, each so long at a clip: what a stage lets through. */
function capacities() {
  return rows
    .filter(({ stage }) => !beside.includes(stage as StageName))
    .map(({ stage, concurrency }) => {
      const ms = millisecondsOf(stage);
      return { stage, concurrency, ms, perHour: Math.round((concurrency / ms) * 3_600_000) };
    })
    .sort((a, b) => a.perHour - b.perHour);
}
