import { describe, expect, it } from "vitest";
import { findRestarts } from "./restarts.ts";
import type { Timed } from "./retime.ts";

const INTERVAL = 3600;

/** Looked through: frames are shown at the given numbers of intervals, audio at those that are marked. */
async function restartsOf(...times: (number | `audio ${number}`)[]) {
  const units = times.map((time, i): Timed => {
    const kind = typeof time === "number" ? "video" : "audio";
    const ticks = INTERVAL * Number(String(time).replace("audio ", ""));
    return { kind, at: 1000 * i, ticks, decodeTicks: ticks };
  });
  async function* from(at: number) {
    yield* units.filter((unit) => unit.at >= at);
  }
  return (await findRestarts(1000 * units.length, from, true)).stretches;
}

describe("a clock that begins again", () => {
  it("goes on behind the last frame, an interval later", async () => {
    expect(await restartsOf(100, 101, 102, 0, 1, 2)).toEqual([{ at: 3000, audioAt: 3000, laterTicks: 103 * INTERVAL }]);
    expect(await restartsOf(100, 0, 1, 2)).toEqual([{ at: 1000, audioAt: 1000, laterTicks: 101 * INTERVAL }]);
  });

  it("goes on behind the frame that is shown last, where reordering changes", async () => {
    const frames = [
      ...[5, 8, 6, 7].map((shown, i) => [100 + i, 100 + shown]),
      ...[0, 1].map((shown) => [shown, shown]),
    ];
    async function* from(at: number) {
      for (const [i, [decoded = 0, shown = 0]] of frames.entries())
        if (i >= at) yield { kind: "video" as const, at: i, ticks: shown * INTERVAL, decodeTicks: decoded * INTERVAL };
    }
    expect((await findRestarts(frames.length, from, true)).stretches).toMatchObject([{ laterTicks: 109 * INTERVAL }]);
  });

  it("goes on behind the frame that is shown last, however near to it a large file was looked into", async () => {
    const shown = (k: number) => (k === 0 ? 2 : 4 * Math.floor((k - 1) / 4) + 3 + ([3, 1, 0, 2][(k - 1) % 4] ?? 0));
    for (let bytes = 20_000; bytes < 40_000; bytes += 1000) {
      const half = Array.from({ length: 197 }, (_, k) => [k, shown(k)] as const);
      const units = [...half, ...half].map(([decoded, shown], i) => {
        const times = {
          ticks: (shown + (i < 197 ? 9 : 0)) * INTERVAL,
          decodeTicks: (decoded + (i < 197 ? 9 : 0)) * INTERVAL,
        };
        return { kind: "video" as const, at: i * bytes, ...times };
      });
      async function* from(at: number) {
        yield* units.filter((unit) => unit.at >= at);
      }
      const { stretches } = await findRestarts(bytes * units.length, from);
      expect(stretches, `${bytes}`).toEqual([
        { at: 197 * bytes, audioAt: 197 * bytes, laterTicks: (197 + 9) * INTERVAL },
      ]);
    }
  });

  it("goes back by less than a second", async () => {
    const before = Array.from({ length: 40 }, (_, i) => 100 + i);
    expect(await restartsOf(...before, 130, 131)).toEqual([{ at: 40_000, audioAt: 40_000, laterTicks: 10 * INTERVAL }]);
    expect(await restartsOf(...before, 130, 140, 141)).toEqual([]);
    const heard = ["audio 139", "audio 130", "audio 131", "audio 140"] as const;
    expect(await restartsOf(...before, ...heard, 130, 131)).toMatchObject([{ at: 44_000, audioAt: 41_000 }]);
  });

  it("is not the order in which frames are shown, where these have no decoding times", async () => {
    const before = Array.from({ length: 40 }, (_, i) => 100 + i);
    expect(await restartsOf(...before, 144, 142, 141, 143, 148, 146, 145, 147)).toEqual([]);
  });

  it("begins again more than once", async () => {
    const stretches = await restartsOf(100, 101, 50, 51, 0, 1);
    expect(stretches.map(({ laterTicks }) => laterTicks / INTERVAL)).toEqual([52, 104]);
  });

  it("is not what one time says that is damaged", async () => {
    expect(await restartsOf(100, 101, 7, 103, 104)).toEqual([]);
    expect(await restartsOf(100, 101, 7, 103, 0, 1)).toMatchObject([{ at: 4000, laterTicks: 104 * INTERVAL }]);
    expect(await restartsOf(100, 101, 700, 103, 104)).toEqual([]);
    expect(await restartsOf(100, 101, 700, 103, 0, 1)).toMatchObject([{ at: 4000, laterTicks: 104 * INTERVAL }]);
    // Its camera was away.
    expect(await restartsOf(100, 101, 700, 701, 0, 1)).toMatchObject([{ at: 4000, laterTicks: 702 * INTERVAL }]);
  });

  it("is read about twice where it begins again every two seconds, without audio", async () => {
    const pieces = 200;
    const times = Array.from({ length: 50 * pieces }, (_, i) => (i % 50) * INTERVAL);
    let read = 0;
    async function* from(at: number) {
      for (const [i, ticks] of times.entries()) {
        if (i < at) continue;
        read++;
        yield { kind: "video" as const, at: i, ticks, decodeTicks: ticks };
      }
    }
    expect((await findRestarts(times.length, from, true)).stretches).toHaveLength(pieces - 1);
    expect(read).toBeLessThan(3 * times.length);
  });

  it("does not begin again without end", async () => {
    const often = Array.from({ length: 1001 }, (_, i) => [1000 - 100 * (i % 9), 1001 - 100 * (i % 9)]).flat();
    await expect(restartsOf(...often, ...often)).rejects.toThrow("its clock begins again too often");
  });

  it("begins again in the audio before the frames, or behind them", async () => {
    const before = await restartsOf(100, "audio 101", 101, "audio 0", "audio 1", 0, 1, "audio 2", 2);
    expect(before).toEqual([{ at: 5000, audioAt: 3000, laterTicks: 102 * INTERVAL }]);
    const behind = ["audio 99", 100, 101, 50, 51, "audio 100", 52, "audio 50", 53, "audio 51"] as const;
    expect(await restartsOf(...behind)).toEqual([{ at: 3000, audioAt: 7000, laterTicks: 52 * INTERVAL }]);
    const twice = await restartsOf(...behind, 0, 1, "audio 52", "audio 0", "audio 1");
    expect(twice.map(({ at, audioAt }) => [at, audioAt])).toEqual([
      [3000, 7000],
      [10_000, 13_000],
    ]);
  });
});
