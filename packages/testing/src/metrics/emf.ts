import { vi } from "vitest";

/** One value of one CloudWatch metric. */
export interface Datapoint {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  value: number;
}

interface Emf {
  _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  [name: string]: unknown;
}

/** What CloudWatch would make of the lines that are printed meanwhile (the embedded metric format). */
export async function metricsPrintedBy(act: () => Promise<unknown>): Promise<Datapoint[]> {
  const print = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    await act();
    return print.mock.calls.flatMap(([line]) => datapointsIn(String(line)));
  } finally {
    print.mockRestore();
  }
}

function datapointsIn(line: string): Datapoint[] {
  if (!line.includes('"_aws"')) return [];
  const printed = JSON.parse(line) as Emf;
  return printed._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) =>
      [printed[Name]].flat().map((value) => ({
        namespace: Namespace,
        name: Name,
        dimensions: Object.fromEntries(Dimensions.flat().map((dimension) => [dimension, String(printed[dimension])])),
        value: Number(value),
      })),
    ),
  );
}
