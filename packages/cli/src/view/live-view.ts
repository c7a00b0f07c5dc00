import { stripVTControlCharacters, styleText } from "node:util";
import { type AnyEvent, pipeline } from "@camclips/events";
import { seconds } from "./format.ts";
import { TimeLeft } from "./time-left.ts";
import { type TimelineEntry, timelineOf } from "./timeline.ts";
import type { View } from "./view.ts";

const REDRAW_MS = 100;
const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const BAR_CELLS = 24;

/** The stages every clip goes through, in order: the table begins with them, up to the one that tells its status. */
const stages = pipeline.map(({ stage }) => stage);
const spine = stages.slice(0, stages.indexOf("publish-clip") + 1);

/** Events that end the way through the stages. */
const ENDINGS = new Set(["ClipRejected", "ClipFailed", "SourcesPending"]);

/** A clip's stages, redrawn in place. */
export class LiveView implements View {
  readonly #stream: NodeJS.WriteStream;
  readonly #timer: NodeJS.Timeout;
  readonly #events: AnyEvent[] = [];
  readonly #startedMs = Date.now();
  readonly #left = new TimeLeft();
  #percent: number | undefined;
  #drawn = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.write("\u001b[?25l");
    process.on("exit", this.#showCursor);
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  event(event: AnyEvent): void {
    if (this.#events.some(({ metadata }) => metadata.id === event.metadata.id)) return;
    this.#events.push(event);
    this.#draw();
  }

  progress(_clipId: string, percent: number): void {
    this.#percent = percent;
    this.#left.update(percent, Date.now());
  }

  note(text: string): void {
    this.#erase();
    this.#stream.write(`${text}\n`);
    this.#draw();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#draw(true);
    this.#showCursor();
    process.off("exit", this.#showCursor);
  }

  readonly #showCursor = (): void => {
    this.#stream.write("\u001b[?25h");
  };

  #erase(): void {
    if (this.#drawn > 0) this.#stream.write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#drawn = 0;
  }

  #draw(last = false): void {
    const width = Math.max(20, this.#stream.columns || 80);
    const lines = this.#lines(last).map((line) => cut(line, width - 1));
    this.#erase();
    this.#stream.write(`${lines.join("\n")}\n`);
    this.#drawn = last ? 0 : lines.length;
  }

  #lines(last: boolean): string[] {
    const entries = timelineOf(this.#events);
    const ended = entries.findLast(({ event }) => ENDINGS.has(event));
    const done = new Map(entries.map((entry) => [entry.stage, entry]));
    const running = last ? undefined : this.#running(done, ended);
    return spine.map((stage) => {
      const entry = done.get(stage);
      if (entry) return this.#doneLine(entry);
      return stage === running ? this.#runningLine(stage) : this.#style("dim", `  · ${stage}`);
    });
  }

  #running(done: ReadonlyMap<string, TimelineEntry>, ended: TimelineEntry | undefined): string | undefined {
    if (ended?.event === "SourcesPending") return undefined;
    return ended ? "publish-clip" : spine.find((stage) => !done.has(stage));
  }

  #doneLine({ stage, event, durationMs, offsetMs, summary }: TimelineEntry): string {
    const bad = event === "ClipRejected" || event === "ClipFailed";
    const mark = bad
      ? this.#style("red", "✘")
      : event === "SourcesPending"
        ? this.#style("yellow", "…")
        : this.#style("green", "✔");
    const known = durationMs ?? offsetMs;
    const took = (known === null ? "earlier" : seconds(known)).padStart(9);
    return `  ${mark} ${stage.padEnd(18)} ${this.#style("dim", took)}  ${summary}`;
  }

  #runningLine(stage: string): string {
    const frame = SPINNER[Math.floor((Date.now() - this.#startedMs) / REDRAW_MS) % SPINNER.length];
    const percent = stage === "render-clip" && this.#percent !== undefined ? `  ${this.#bar(this.#percent)}` : "";
    return `  ${this.#style("cyan", frame ?? "")} ${stage.padEnd(18)}${percent}`;
  }

  #bar(percent: number): string {
    const filled = Math.round((Math.min(100, percent) / 100) * BAR_CELLS);
    const bar = `${"█".repeat(filled)}${"░".repeat(BAR_CELLS - filled)} ${String(Math.round(percent)).padStart(3)} %`;
    return `${bar}  ${this.#left.text(Date.now())}`.trimEnd();
  }

  #style(format: "red" | "green" | "yellow" | "cyan" | "dim", text: string): string {
    return styleText(format, text, { stream: this.#stream });
  }
}

/** A line that wraps could not be redrawn. Styles are given up where it is cut. */
function cut(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, width - 1)}…`;
}
