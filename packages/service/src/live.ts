import type { AnyEvent } from "@camclips/events";

/** What happens to a clip while somebody looks on. */
export type Happening = { kind: "event"; event: AnyEvent } | { kind: "progress"; clipId: string; percent: number };

type Listener = (happening: Happening) => void;

/** Tells those who look on. Nothing is kept for those who come later but how far a render is. */
export class Live {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #percents = new Map<string, number>();

  event(event: AnyEvent): void {
    if (event.type !== "SourcesDownloaded") this.#percents.delete(event.metadata.clipId);
    this.#tell(event.metadata.clipId, { kind: "event", event });
  }

  progress(clipId: string, percent: number): void {
    this.#percents.set(clipId, percent);
    this.#tell(clipId, { kind: "progress", clipId, percent });
  }

  percentOf(clipId: string): number | undefined {
    return this.#percents.get(clipId);
  }

  /** @param clipId of one clip; absent: of all. @returns how to stop listening. */
  listen(clipId: string | undefined, listener: Listener): () => void {
    const key = clipId ?? ALL;
    const listeners = this.#listeners.get(key) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(key, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(key);
    };
  }

  /** Those who look on now. */
  get listening(): number {
    return [...this.#listeners.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }

  #tell(clipId: string, happening: Happening): void {
    for (const key of [clipId, ALL]) for (const listener of this.#listeners.get(key) ?? []) listener(happening);
  }
}

/** No clip's id: those are not empty. */
const ALL = "";
