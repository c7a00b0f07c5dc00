import { styleText } from "node:util";
import type { AnyEvent } from "@camclips/events";
import { seconds } from "./format.ts";
import { TimeLeft } from "./time-left.ts";
import { timelineOf } from "./timeline.ts";
import type { View } from "./view.ts";

/** Percent between two lines. */
const STEP = 25;

/** One line per event, for logs and pipes. */
export class PlainView implements View {
  readonly #stream: NodeJS.WriteStream;
  readonly #naming: boolean;
  readonly #events = new Map<string, AnyEvent[]>();
  readonly #percents = new Map<string, number>();
  readonly #left = new Map<string, TimeLeft>();

  constructor(stream: NodeJS.WriteStream, clips: number) {
    this.#stream = stream;
    this.#naming = clips !== 1;
  }

  event(event: AnyEvent): void {
    const { clipId, id } = event.metadata;
    const events = this.#events.get(clipId) ?? [];
    if (events.some(({ metadata }) => metadata.id === id)) return;
    events.push(event);
    this.#events.set(clipId, events);
    const entry = timelineOf(events).at(-1);
    if (entry) this.#line(clipId, entryLine(entry, this.#stream));
  }

  progress(clipId: string, percent: number): void {
    const left = this.#left.get(clipId) ?? new TimeLeft();
    this.#left.set(clipId, left);
    left.update(percent, Date.now());
    const step = Math.floor(percent / STEP) * STEP;
    if (step <= (this.#percents.get(clipId) ?? 0)) return;
    this.#percents.set(clipId, step);
    this.#line(
      clipId,
      `${" ".repeat(12)}render-clip        ${[`${step} %`, left.text(Date.now())].filter(Boolean).join(", ")}`,
    );
  }

  note(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  close(): void {}

  #line(clipId: string, text: string): void {
    this.#stream.write(`${this.#naming ? `${clipId}  ` : ""}${text}\n`);
  }
}

/** `+ 0.103 s  download-sources   SourcesDownloaded   ...` */
export function entryLine(
  { offsetMs, stage, event, summary, durationMs }: ReturnType<typeof timelineOf>[number],
  stream: NodeJS.WriteStream,
): string {
  const offset = (offsetMs === null ? "earlier" : `+${seconds(offsetMs)}`).padStart(10);
  const took = durationMs === null ? "" : styleText("dim", `  (${seconds(durationMs)})`, { stream });
  return `${offset}  ${stage.padEnd(18)} ${styleText("bold", event.padEnd(18), { stream })} ${summary}${took}`;
}
