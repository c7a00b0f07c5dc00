import type { AnyEvent } from "@camclips/events";
import { LiveView } from "./live-view.ts";
import { PlainView } from "./plain-view.ts";

/** Shows a pipeline at work. */
export interface View {
  /** The same event may come again. */
  event(event: AnyEvent): void;
  progress(clipId: string, percent: number): void;
  note(text: string): void;
  /** Leaves the terminal as it was; what was shown stays. */
  close(): void;
}

/** A live timeline of one clip on a terminal, plain lines elsewhere and for several clips. */
export function createView(stream: NodeJS.WriteStream, clips = 1): View {
  return stream.isTTY && clips === 1 && process.env.TERM !== "dumb"
    ? new LiveView(stream)
    : new PlainView(stream, clips);
}
