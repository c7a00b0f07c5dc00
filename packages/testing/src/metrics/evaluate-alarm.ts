import { isDeepStrictEqual } from "node:util";
import type { ResourceInputs } from "../../../../tools/resource-graph/graph/types.ts";
import type { Datapoint } from "./emf.ts";

type Alarm = ResourceInputs["aws:cloudwatch/metricAlarm:MetricAlarm"];

export interface TimedDatapoint extends Datapoint {
  secondsAgo: number;
}

interface Series {
  namespace: string;
  metricName: string;
  dimensions: Record<string, string>;
  stat: string;
  period: number;
}

/**
 * Whether an alarm's definition goes off on these data, by CloudWatch's rules: a metric is its namespace, name and exactly these
 * dimensions; every one of the evaluated periods must breach; a period without data counts as `treatMissingData` says.
 */
export function goesOff(alarm: Alarm, data: readonly TimedDatapoint[]): boolean {
  const periods = Array.from({ length: alarm.evaluationPeriods }, (_, index) => index);
  return periods.every((index) => {
    const value = measured(alarm, data, index);
    return value === undefined ? alarm.treatMissingData === "breaching" : breaches(alarm, value);
  });
}

function breaches({ comparisonOperator, threshold }: Alarm, value: number): boolean {
  if (comparisonOperator !== "GreaterThanThreshold") throw new Error(`nobody has looked at ${comparisonOperator} yet`);
  return value > threshold;
}

function measured(alarm: Alarm, data: readonly TimedDatapoint[], index: number): number | undefined {
  const { namespace = "", metricName = "", dimensions = {}, statistic: stat = "", period = 0 } = alarm;
  if (!alarm.metricQueries) return valueIn({ namespace, metricName, dimensions, stat, period }, data, index);
  const values = alarm.metricQueries.flatMap(({ id, metric }) =>
    metric ? [[id, valueIn(metric, data, index)] as const] : [],
  );
  const expression = alarm.metricQueries.find(({ returnData }) => returnData)?.expression ?? "";
  return calculated(expression, Object.fromEntries(values));
}

function valueIn(series: Series, data: readonly TimedDatapoint[], index: number): number | undefined {
  const { namespace, metricName, dimensions, stat, period } = series;
  const values = data
    .filter((point) => point.namespace === namespace && point.name === metricName)
    .filter((point) => isDeepStrictEqual({ ...point.dimensions }, { ...dimensions }))
    .filter(({ secondsAgo }) => Math.floor(secondsAgo / period) === index)
    .map(({ value }) => value);
  if (values.length === 0) return undefined;
  if (stat === "Maximum") return Math.max(...values);
  if (stat === "Sum") return values.reduce((sum, value) => sum + value, 0);
  throw new Error(`nobody has looked at the statistic ${stat} yet`);
}

/** As much of CloudWatch's metric math as the stacks use; an undefined operand makes the result undefined. */
function calculated(expression: string, values: Record<string, number | undefined>): number | undefined {
  const functions = {
    IF: (is: boolean, value: number, other: number) => (is ? value : other),
    FILL: (value: number | undefined, other: number) => value ?? other,
  };
  const names = [...Object.keys(functions), ...Object.keys(values)];
  const compute = new Function(...names, `return ${expression}`);
  const result = Number(compute(...Object.values(functions), ...Object.values(values)));
  return Number.isNaN(result) ? undefined : result;
}
