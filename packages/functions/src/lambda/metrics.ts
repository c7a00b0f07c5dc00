import type { Metrics } from "@aws-lambda-powertools/metrics";
import type { Metrics as MetricsPort } from "../runtime/deps.ts";

/** What has dimensions of its own is written out by itself; the rest with the invocation. Alarms read them (stacks/alarms.ts). */
export function metricsPort(metrics: Metrics): MetricsPort {
  return {
    add(name, value, unit, dimensions) {
      const target = dimensions ? metrics.singleMetric() : metrics;
      for (const [dimension, of] of Object.entries(dimensions ?? {})) target.addDimension(dimension, of);
      target.addMetric(name, unit, value);
    },
  };
}
