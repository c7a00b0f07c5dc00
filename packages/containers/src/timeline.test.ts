import { describe, expect, it } from "vitest";
import type { FrameFile, Unit } from "./frames.ts";
import { readFileTimeline } from "./timeline.ts";

type Shown = Pick<Unit, "kind" | "seconds" | "entry">;

function fileOf(units: readonly Shown[]): FrameFile {
  return {
    size: units.length,
    hasAudio: units.some(({ kind }) => kind === "audio"),
    next: async () => undefined,
    async *units(from) {
      for (const [at, unit] of units.entries()) if (at >= from) yield { ...unit, at };
    },
    index: async () => [],
    prefix: Buffer.alloc(0),
    zeroSeconds: 0,
    part: (chunks) => chunks,
  };
}

const frames = (...seconds: number[]): Shown[] =>
  seconds.map((own) => ({ kind: "video", seconds: own, entry: "closed" }));

it("a recording of another container that begins within a GOP is named for its first frame, decodable or not", async () => {
  const begun = frames(0, 0.1, 0.2, 3, 3.1).map(({ entry, ...own }) => (own.seconds < 3 ? own : { ...own, entry }));
  expect(await readFileTimeline(fileOf(begun))).toMatchObject({ originSeconds: 0, first: { seconds: 3 } });
  // Audio that is stored beside it is a little earlier or later.
  for (const seconds of [-0.1, 0.1])
    expect(await readFileTimeline(fileOf([{ kind: "audio", seconds }, ...begun]))).toMatchObject({ originSeconds: 0 });
});

describe("the last frame of a recording of another container", () => {
  const endOf = async (units: readonly Shown[]) => (await readFileTimeline(fileOf(units))).endSeconds;

  it("ends when one more would begin", async () => {
    expect(await endOf(frames(0, 0.1, 0.3, 0.2))).toBeCloseTo(0.4, 5);
    expect(await endOf(frames(0, 5, 10))).toBe(15);
  });

  it("may have a damaged time where it comes alone: the file is known to end before it, too", async () => {
    const { earlierEndSeconds } = await readFileTimeline(fileOf(frames(0, 0.5, 1, 5000)));
    expect(earlierEndSeconds).toBe(1.5);
    expect(await readFileTimeline(fileOf(frames(0, 0.5, 1)))).not.toHaveProperty("earlierEndSeconds");
  });

  it("that comes alone after an outage ends after a second, or with the audio", async () => {
    expect(await endOf(frames(0, 0.5, 1, 50))).toBe(51);
    expect(await endOf([...frames(0, 0.5, 1, 50), { kind: "audio", seconds: 54 }])).toBe(54);
  });
});
