import fc from "fast-check";
import { expect, it } from "vitest";
import { clockLayout } from "./layout.ts";

const AT = Date.UTC(2018, 9, 28, 0, 30);
const layout = (width: number, height: number, { name = "harbour", zone = "Europe/Paris", sampleAspect = 1 } = {}) =>
  clockLayout({ way: "burned", zone, name }, { width, height, sampleAspect });
const linesOf = (...asked: Parameters<typeof layout>) => layout(...asked)?.lines(AT);

it("takes one line where it fits, and as many as are needed where it does not", () => {
  expect(linesOf(1920, 1080)).toEqual(["2018-10-28 02:30:00 +02:00  harbour"]);
  expect(linesOf(640, 360)).toEqual(["2018-10-28 02:30:00 +02:00  harbour"]);
  expect(linesOf(360, 640)).toEqual(["2018-10-28 02:30:00 +02:00", "harbour"]);
  expect(linesOf(160, 90)).toEqual(["2018-10-28", "02:30:00 +02:00", "harbour"]);
  expect(linesOf(72, 96)).toEqual(["2018-10-28", "02:30:00", "+02:00", "harbour"]);
  expect(linesOf(1920, 1080, { name: "" })).toEqual(["2018-10-28 02:30:00 +02:00"]);
});

it("cuts off a name that is wider than the picture", () => {
  expect(linesOf(160, 90, { name: "the door behind the harbour" })?.at(-1)).toBe("the door behind the harb…");
});

it("has no place in a picture that is too small", () => {
  expect(layout(64, 48)).toBeUndefined();
});

it("enlarges its letters with the picture: capitals of 28 pixels at 1080 lines", () => {
  const capitals = (width: number, height: number) => {
    const { box, drawing } = layout(width, height) ?? { box: { height: 0 }, drawing: { height: 1 } };
    return (7 * box.height) / drawing.height;
  };
  expect([capitals(3840, 2160), capitals(1920, 1080), capitals(1080, 1920), capitals(1280, 720)]).toEqual([
    56, 28, 28, 21,
  ]);
  expect([capitals(720, 576), capitals(640, 360), capitals(320, 240)]).toEqual([21, 14, 7]);
});

it("lies within the picture, on even places, and covers no more than its lower half, whatever the picture is", () => {
  const even = (from: number, to: number) => fc.integer({ min: from / 2, max: to / 2 }).map((half) => half * 2);
  const aspects = fc.constantFrom(1, 12 / 11, 16 / 11, 4 / 3, 64 / 45, 1 / 2, 2);
  fc.assert(
    fc.property(
      even(2, 4000),
      even(2, 4000),
      aspects,
      fc.string({ maxLength: 40 }),
      (width, height, sampleAspect, name) => {
        const placed = layout(width, height, { sampleAspect, name });
        if (!placed) return;
        const { box, drawing } = placed;
        for (const pixels of [...Object.values(box), ...Object.values(drawing)]) expect(pixels % 2).toBe(0);
        expect(box.x + box.width).toBeLessThanOrEqual(width);
        expect(box.y).toBeGreaterThanOrEqual(height / 2 - 20);
        expect(box.y + box.height).toBeLessThan(height);
        expect(box.width).toBeGreaterThanOrEqual(drawing.width);
      },
    ),
  );
});
