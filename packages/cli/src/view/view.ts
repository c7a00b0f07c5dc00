import type { AnyEvent } from "@camclips/events";

/** Shows a pipeline at work. */
export interface View {
  /** The same event may come again. */
  event(event: AnyEvent): void;
  progress(clipId: string, percent: number): void;
  note(text: string): void;
  /** Leaves the terminal as it was; what was shown stays. */
  close(): void;
}
