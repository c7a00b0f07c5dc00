import type { Priority, Settings } from "@camclips/events";

export interface Load {
  clipsPerHour: number;
  /** For how long clips are asked for. */
  minutes: number;
  seed?: number;
  /** Shares of the clips that are asked for with a priority; the rest are `normal`. */
  priorities?: Partial<Record<Priority, number>>;
  /** Concurrency by stage, or by stage and lane (`render-clip/high`), in place of the table's. */
  limits?: Partial<Record<string, number>>;
  /** Seconds that work really takes, where that is not what the table says. */
  takesSeconds?: Partial<Record<string, number>>;
  settings?: Partial<Record<keyof Settings, string>>;
  /** False: nobody is refused, whatever waits. */
  admission?: boolean;
}
