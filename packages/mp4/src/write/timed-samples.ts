import { memorySource } from "../io/memory-source.ts";
import type { MuxSample } from "./mux-track.ts";

/** Samples that are in memory, one after the other from 0 on. */
export function timedSamples(timed: readonly { bytes: Uint8Array; endTicks: number }[]): MuxSample[] {
  const source = memorySource(Buffer.concat(timed.map(({ bytes }) => bytes)));
  let [offset, dts] = [0, 0];
  return timed.map(({ bytes: { length: size }, endTicks }) => {
    const sample = { source, offset, size, dts, duration: endTicks - dts, compositionOffset: 0 };
    offset += size;
    dts = endTicks;
    return { ...sample, sync: true, description: 0 };
  });
}
