import type { AnyEvent } from "@camclips/events";

/** What happens to a clip while somebody looks on. */
export type Happening = { kind: "event"; event: AnyEvent } | { kind: "progress"; clipId: string; percent: number };

type Listener = (happening: Happening) => void;

/** Clips whose latest events are kept, for those who come before the record has them. */
const MOST_RECENT = 200;

/** Tells those who look on; for those who come later, it keeps how far a render is, and what has just happened. */
export class Live {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #percents = new Map<string, number>();
  readonly #recent = new Map<string, AnyEvent[]>();

  event(event: AnyEvent): void {
    const { clipId } = event.metadata;
    if (event.type !== "SourcesDownloaded") this.#percents.delete(clipId);
    this.#remember(clipId, event);
    this.#tell(clipId, { kind: "event", event });
  }

  progress(clipId: string, percent: number): void {
    this.#percents.set(clipId, percent);
    this.#tell(clipId, { kind: "progress", clipId, percent });
  }

  percentOf(clipId: string): number | undefined {
    return this.#percents.get(clipId);
  }

  /** The clip's latest events, some of which its record may not hold yet. */
  recent(clipId: string): readonly AnyEvent[] {
    return this.#recent.get(clipId) ?? [];
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

  #remember(clipId: string, event: AnyEvent): void {
    const events = this.#recent.get(clipId) ?? [];
    this.#recent.delete(clipId);
    this.#recent.set(clipId, [...events, event]);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > MOST_RECENT && oldest !== undefined) this.#recent.delete(oldest);
  }

  #tell(clipId: string, happening: Happening): void {
    for (const key of [clipId, ALL]) for (const listener of this.#listeners.get(key) ?? []) listener(happening);
  }
}

/** No clip's id: those are not empty. */
const ALL = "";
