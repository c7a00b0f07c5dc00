import type { Settings } from "@camclips/events";

export interface Load {
  clipsPerHour: number;
  /** For how long clips are asked for. */
  minutes: number;
  seed?: number;
  /** Concurrency by stage, in place of the table's. */
  limits?: Partial<Record<string, number>>;
  /** Seconds that work really takes, where that is not what the table says. */
  takesSeconds?: Partial<Record<string, number>>;
  settings?: Partial<Record<keyof Settings, string>>;
  /** False: nobody is refused, whatever waits. */
  admission?: boolean;
}
