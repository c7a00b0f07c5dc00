import { expect, it } from "vitest";
import { cutRange, lookAround } from "./cut-range.ts";
import type { FrameFile, Place, Unit } from "./frames.ts";

const fileOf = (index: Place[]): FrameFile => ({
  size: 1e9,
  hasAudio: false,
  next: async (position) => ({ at: position, seconds: position / 1e6 }),
  async *units() {},
  index: async () => index,
  prefix: Buffer.alloc(0),
  zeroSeconds: 0,
  part: (chunks) => chunks,
});

it("takes several keyframes of one long cluster for no jump back in time", async () => {
  const index = [0, 12, 24].map((seconds) => ({ at: 10, seconds }));
  expect(await lookAround(fileOf(index), { at: 10, seconds: 0 })).toHaveLength(4);
});

it("looks at a file without an index in places of its own", async () => {
  const places = await lookAround(fileOf([]), { at: 8e8, seconds: 800 });
  expect(places.map(({ seconds }) => seconds)).toEqual([100, 200, 300, 400, 500, 600, 700, 800]);
});

it("does not take apart a file whose times jump back", async () => {
  const file = { ...fileOf([]), next: async (at: number) => ({ at, seconds: at < 5e8 ? at / 1e6 : at / 1e6 - 500 }) };
  await expect(lookAround(file, { at: 8e8, seconds: 300 })).rejects.toThrow(
    /its times jump back, from 400.0 s to 0.0 s/,
  );
});

/** Ten frames a second, a keyframe each second, stored before two frames that are shown before it; nothing moved from 3.9 to 6.9 s. */
const still: Unit[] = Array.from({ length: 100 }, (_, i): Unit & { order: number } => {
  const isKeyframe = i % 10 === 0;
  const entry = i === 0 ? "closed" : isKeyframe ? "open" : undefined;
  return { kind: "video", at: 0, seconds: i / 10 + (i >= 39 ? 3 : 0), entry, order: isKeyframe ? i - 2.5 : i };
})
  .sort((a, b) => a.order - b.order)
  .map(({ order: _, ...unit }, i) => ({ ...unit, at: 1000 * i }));

it("does not enter where frames behind the keyframe were shown long before it", async () => {
  const file: FrameFile = {
    ...fileOf([]),
    size: 1000 * still.length,
    async *units(at) {
      yield* still.filter((unit) => unit.at >= at);
    },
  };
  const first = { at: 0, seconds: 0 };
  const keyframeFor = async (fromSeconds: number) => {
    const range = { fromSeconds, toSeconds: fromSeconds + 1 };
    const { start } = await cutRange(file, { places: [first], first }, range);
    return still.find(({ at }) => at === start)?.seconds;
  };
  expect(await Promise.all([8.8, 9.8, 10.8].map(keyframeFor))).toEqual([3, 8, 9]);
});
