import { Metrics } from "@aws-lambda-powertools/metrics";
import type { Metrics as MetricsPort } from "../runtime/deps.ts";

/** CloudWatch's, printed in the embedded metric format. Alarms read them (stacks/alarms.ts). */
export function createMetrics(): { metrics: MetricsPort; flush(): void } {
  const all = new Metrics({ namespace: "camclips" });
  return {
    metrics: {
      add(name, value, unit, dimensions) {
        // What has dimensions of its own is printed by itself; the rest with the invocation.
        const target = dimensions ? all.singleMetric() : all;
        for (const [dimension, of] of Object.entries(dimensions ?? {})) target.addDimension(dimension, of);
        target.addMetric(name, unit, value);
      },
    },
    // Without any, it would warn.
    flush: () => all.hasStoredMetrics() && all.publishStoredMetrics(),
  };
}
