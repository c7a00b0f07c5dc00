/// <reference path="../.sst/platform/config.d.ts" />
import { type Reason, reason, terminalStatus } from "@camclips/events";
import { serviceName } from "./names.ts";

type Query = aws.types.input.cloudwatch.MetricAlarmMetricQuery;

const HALF_AN_HOUR = 1800;
const SIX_HOURS = 6 * 3600;

/** Of one or two clips any share is large. */
const FEWEST = 3;

/** Reasons that are ours, or a dependency's, to repair. Of the others, which callers and cameras bring about, more are usual. */
const OURS: readonly Reason[] = ["CAMERA_SERVICE_UNAVAILABLE", "INTERNAL", "OVERLOADED", "STALLED", "VERIFY_FAILED"];
const OURS_PERCENT = 1;
const OTHERS_PERCENT = 20;

/** No terminal status has them, nobody is told, or an operator did it. */
const NO_ALARM: readonly Reason[] = [
  "RECORDING_NOT_YET_AVAILABLE",
  "PARTIAL_COVERAGE_WAITING",
  "FUTURE_RANGE",
  "ALREADY_DELIVERED",
  "CANCELLED",
];

/** For every reason why a clip may be refused: its share of all that were decided, and what is too much. */
export function refusedShares(): { reason: Reason; percent: number; queries: Query[] }[] {
  const watched = reason.options.filter((value) => !NO_ALARM.includes(value));
  return watched.map((reason) => ({
    reason,
    percent: OURS.includes(reason) ? OURS_PERCENT : OTHERS_PERCENT,
    queries: [
      { id: "decided", metric: sum("Decided", {}, HALF_AN_HOUR) },
      { id: "refused", metric: sum("Refused", { reason }, HALF_AN_HOUR) },
      {
        id: "share",
        label: reason,
        expression: `IF(FILL(refused, 0) >= ${FEWEST}, refused / decided, 0)`,
        returnData: true,
      },
    ],
  }));
}

/**
 * (accepted - terminal) / accepted, per six hours. Clips in flight at the edges of a period make a small share go up
 * and down, which is why it is no simple difference; the clip that is lost on its own is check-deadline's to find.
 * An alarm cannot search for metrics, so every terminal status is a query of its own.
 */
export function unfinishedShare(): aws.types.input.cloudwatch.MetricAlarmMetricQuery[] {
  const terminal = terminalStatus.options;
  const metric = (metricName: string, dimensions: Record<string, string> = {}) =>
    sum(metricName, dimensions, SIX_HOURS);
  return [
    { id: "accepted", metric: metric("Accepted") },
    ...terminal.map((value, index) => ({
      id: `t${index}`,
      metric: metric("Published", { status: value }),
    })),
    {
      id: "share",
      label: "accepted, not terminal",
      expression: `IF(FILL(accepted, 0) > 0, (accepted - (${terminal.map((_, index) => `FILL(t${index}, 0)`).join(" + ")})) / accepted, 0)`,
      returnData: true,
    },
  ];
}

function sum(metricName: string, dimensions: Record<string, string>, period: number): Query["metric"] {
  return {
    namespace: $app.name,
    metricName,
    dimensions: { service: serviceName(), ...dimensions },
    stat: "Sum",
    period,
  };
}
