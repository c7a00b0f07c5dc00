import { countClips } from "@camclips/local";
import type { Site } from "../site.ts";

type Labels = Record<string, string>;

/** Prometheus' text format, version 0.0.4. Everything is a gauge: it is read off when it is asked for. */
export async function metricsText({ runtime, index, live }: Site): Promise<string> {
  const lines: string[] = [];
  const gauge = (name: string, help: string, samples: [Labels, number][]) => {
    lines.push(`# HELP camclips_${name} ${help}`, `# TYPE camclips_${name} gauge`);
    for (const [labels, value] of samples) lines.push(`camclips_${name}${labelsText(labels)} ${value}`);
  };
  const letters = Map.groupBy(runtime.deadLetters(), ({ queue }) => queue);
  gauge(
    "clips",
    "Clips by state.",
    Object.entries(countClips(runtime.state.read)).map(([state, count]) => [{ state }, count]),
  );
  gauge(
    "queue_messages",
    "Messages that wait in a stage's queue, or are worked on.",
    runtime.queued().map(({ stage, messages }) => [{ stage }, messages]),
  );
  gauge(
    "dead_letters",
    "Messages that no attempt could cope with.",
    [...letters].map(([stage, all]) => [{ stage }, all.length]),
  );
  gauge("schedules", "Attempts and checks that lie ahead.", [[{}, runtime.schedules.length]]);
  const cameras = index.cameras();
  gauge(
    "recordings",
    "Recordings of a camera.",
    cameras.map(({ camera, recordings }) => [{ camera }, recordings]),
  );
  gauge(
    "recordings_damaged",
    "Those that cannot be read.",
    cameras.map(({ camera, damaged }) => [{ camera }, damaged]),
  );
  gauge(
    "recordings_bytes",
    "Their size.",
    cameras.map(({ camera, bytes }) => [{ camera }, bytes]),
  );
  gauge(
    "footage_end_seconds",
    "Until when there is footage.",
    cameras.map(({ camera, lastMs }) => [{ camera }, lastMs / 1000]),
  );
  gauge("recordings_to_examine", "Files that were not looked into yet.", [[{}, index.progress().toExamine]]);
  gauge("listeners", "Clients that follow events.", [[{}, live.listening]]);
  gauge("resident_bytes", "Memory of the service, without ffmpeg.", [[{}, process.memoryUsage.rss()]]);
  return `${lines.join("\n")}\n`;
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

const escaped = (value: string): string =>
  value.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
