import { expect, it } from "vitest";
import { lookAround } from "./cut-range.ts";
import type { FrameFile, Place } from "./frames.ts";

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
