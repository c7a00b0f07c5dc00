import { frameAt } from "@camclips/local/recordings";
import { Problem } from "../http/problem.ts";
import type { Site } from "../site.ts";

/** Pictures that are kept: some 30 kB each. */
const MOST_KEPT = 400;

/** Pictures that are made at once; renders need the processor, too. */
const AT_ONCE = 2;
const MOST_WAITING = 24;

const TIME_LIMIT_MS = 20_000;

export const FRAME_WIDTHS = [160, 320, 640, 1280] as const;
export type FrameWidth = (typeof FRAME_WIDTHS)[number];

/** Pictures of recordings, a few at a time, the latest wish first, and kept for whoever looks again. */
export class Frames {
  readonly #site: Site;
  readonly #kept = new Map<string, Uint8Array>();
  readonly #waiting: (() => void)[] = [];
  #making = 0;

  constructor(site: Site) {
    this.#site = site;
  }

  /** @throws Problem 404 where there is no picture, 503 when too many wait. */
  async at(camera: string, atMs: number, width: FrameWidth, signal: AbortSignal): Promise<Uint8Array> {
    const row = this.#site.index.at(camera, atMs);
    const none = new Problem(404, `camera ${camera} has no picture at ${new Date(atMs).toISOString()}`);
    if (!row) throw none;
    const key = `${row.id}/${row.bytes}/${atMs}/${width}`;
    const known = this.#kept.get(key);
    if (known) return known;
    await this.#turn();
    try {
      if (signal.aborted) throw none;
      const { media, settings: rules } = this.#site;
      const limit = AbortSignal.any([signal, AbortSignal.timeout(TIME_LIMIT_MS)]);
      const picture = await frameAt(row, atMs, { media, width, rules, signal: limit });
      if (!picture) throw none;
      this.#keep(key, picture);
      return picture;
    } finally {
      this.#making -= 1;
      this.#waiting.pop()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#making >= AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING)
        throw new Problem(503, "too many pictures are asked for", { headers: { "retry-after": "1" } });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#making += 1;
  }

  #keep(key: string, picture: Uint8Array): void {
    this.#kept.set(key, picture);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}
