import { spread } from "../statistics.ts";
import type { Invocation } from "./report-line.ts";

/** A deployed function whose memory can be changed, and a way to have it work. */
export interface SweptFunction {
  memoryMb(): Promise<number>;
  /** Returns when new invocations have that much. */
  setMemory(mb: number): Promise<void>;
  /** Has one clip made. @throws Error when it does not become available. */
  makeClip(): Promise<void>;
  /** What was invoked since with that much memory; waits until there are as many, as logs come late. */
  invocations(memoryMb: number, sinceMs: number, atLeast: number): Promise<Invocation[]>;
}

/** Medians over the clips after the first, which has to start the function. */
export interface Size {
  memoryMb: number;
  clips: number;
  durationMs: number;
  billedMs: number;
  usedMb: number;
  startMs: number | undefined;
  /** Of the function alone, for 1,000 clips like this one. */
  usd: number;
}

interface Options {
  sizes: readonly number[];
  /** Counted clips at each size. */
  clips: number;
  usdPerGbSecond: number;
  now(): number;
  onSize?(memoryMb: number): void;
}

/** Has clips made at each size, one after another, and gives the function its own memory back, whatever happens. */
export async function sweep(swept: SweptFunction, options: Options): Promise<Size[]> {
  const before = await swept.memoryMb();
  try {
    const found: Size[] = [];
    for (const memoryMb of options.sizes) {
      options.onSize?.(memoryMb);
      found.push(await measureSize(swept, memoryMb, options));
    }
    return found;
  } finally {
    await swept.setMemory(before);
  }
}

async function measureSize(
  swept: SweptFunction,
  memoryMb: number,
  { clips, usdPerGbSecond, now }: Options,
): Promise<Size> {
  await swept.setMemory(memoryMb);
  const sinceMs = now();
  for (let clip = 0; clip <= clips; clip++) await swept.makeClip();
  const [first, ...rest] = await swept.invocations(memoryMb, sinceMs, clips + 1);
  if (!first || rest.length < clips)
    throw new Error(`${memoryMb} MB: ${rest.length + (first ? 1 : 0)} REPORT lines for ${clips + 1} clips`);
  const warm = rest.filter(({ startMs }) => startMs === undefined);
  const counted = warm.length > 0 ? warm : rest;
  const median = (of: (one: Invocation) => number) => spread(counted.map(of)).median;
  const billedMs = median((one) => one.billedMs);
  return {
    memoryMb,
    clips: counted.length,
    durationMs: median((one) => one.durationMs),
    billedMs,
    usedMb: Math.max(first.usedMb, ...rest.map(({ usedMb }) => usedMb)),
    startMs: first.startMs,
    usd: 1000 * (billedMs / 1000) * (memoryMb / 1024) * usdPerGbSecond,
  };
}
