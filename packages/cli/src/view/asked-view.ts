import type { AnyEvent } from "@camclips/events";
import type { View } from "./view.ts";

/** Shows the asked clips alone; what happens to clips of an earlier command meanwhile is kept, to be told at the end. */
export class AskedView implements View {
  readonly others = new Map<string, AnyEvent[]>();
  readonly #view: View;
  readonly #asked: ReadonlySet<string>;

  constructor(view: View, asked: ReadonlySet<string>) {
    this.#view = view;
    this.#asked = asked;
  }

  event(event: AnyEvent): void {
    const { clipId } = event.metadata;
    if (this.#asked.has(clipId)) {
      this.#view.event(event);
      return;
    }
    const events = this.others.get(clipId);
    if (!events) this.#view.note(`${clipId}, asked for earlier, is taken up as well`);
    this.others.set(clipId, [...(events ?? []), event]);
  }

  progress(clipId: string, percent: number): void {
    if (this.#asked.has(clipId)) this.#view.progress(clipId, percent);
  }

  note(text: string): void {
    this.#view.note(text);
  }

  close(): void {
    this.#view.close();
  }
}
