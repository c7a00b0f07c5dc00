import { expect, it } from "vitest";
import { comparePictures } from "./compare-pictures.ts";

const picture = (luma: number) => new Uint8Array(32 * 32).fill(luma);

it("takes a held frame for either of two that its source has at one time, and for no other", () => {
  const shown = [
    { seconds: 0.9, luma: picture(10) },
    { seconds: 1, luma: picture(60) },
    { seconds: 1, luma: picture(120) },
    { seconds: 1.1, luma: picture(200) },
  ];
  const held = (luma: number) => () =>
    comparePictures([{ seconds: 1.3, list: 0, heldSeconds: 1 }], [{ seconds: 1.3, luma: picture(luma) }], [shown]);
  expect(held(60)).not.toThrow();
  expect(held(120)).not.toThrow();
  expect(held(10)).toThrow("not its source's picture");
  expect(held(200)).toThrow("not its source's picture");
});
