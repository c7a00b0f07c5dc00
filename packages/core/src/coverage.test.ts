import type { Interval } from "@camclips/events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Footage, holesIn, planParts } from "./coverage.ts";

const recording = (key: string, startMs: number, endMs: number): Footage => ({ key, startMs, endMs });
const plan = (range: Interval, footage: Footage[], joinToleranceMs = 10) => {
  const { parts, holes } = planParts(range, footage, joinToleranceMs);
  return { parts: parts.map(({ key, fromMs, toMs }) => [key, fromMs, toMs]), holes };
};

describe("a range over recordings", () => {
  it("lies in one", () => {
    expect(plan([20, 80], [recording("a", 0, 100)])).toEqual({ parts: [["a", 20, 80]], holes: [] });
  });

  it("spans three that are back to back, in whatever order they are listed", () => {
    const footage = [recording("c", 200, 300), recording("a", 0, 100), recording("b", 100, 200)];
    expect(plan([50, 250], footage)).toEqual({
      parts: [
        ["a", 50, 100],
        ["b", 100, 200],
        ["c", 200, 250],
      ],
      holes: [],
    });
  });

  it("takes the earlier of two that overlap until the later one starts", () => {
    expect(plan([0, 200], [recording("a", 0, 120), recording("b", 100, 200)]).parts).toEqual([
      ["a", 0, 100],
      ["b", 100, 200],
    ]);
  });

  it("shows a recording that lies within another one, and goes back to that one behind it", () => {
    expect(plan([0, 100], [recording("a", 0, 100), recording("b", 20, 80)]).parts).toEqual([
      ["a", 0, 20],
      ["b", 20, 80],
      ["a", 80, 100],
    ]);
    const nested = [recording("a", 0, 100), recording("b", 10, 90), recording("c", 20, 30), recording("d", 25, 95)];
    expect(plan([0, 100], nested, 0).parts).toEqual([
      ["a", 0, 10],
      ["b", 10, 20],
      ["c", 20, 25],
      ["d", 25, 95],
      ["a", 95, 100],
    ]);
  });

  it("shows one of two that start together: the longer one, whose copy lies within it", () => {
    expect(plan([0, 100], [recording("b", 0, 100), recording("a", 0, 100)]).parts).toEqual([["a", 0, 100]]);
    expect(plan([0, 100], [recording("a", 0, 80), recording("b", 0, 100)]).parts).toEqual([["b", 0, 100]]);
  });

  it("joins two that follow one another within a third, which is not shown for a moment between them", () => {
    const two = [recording("b", 10, 40), recording("c", 45, 80)];
    expect(plan([0, 80], [recording("a", 0, 100), ...two]).parts).toEqual([
      ["a", 0, 10],
      ["b", 10, 45],
      ["c", 45, 80],
    ]);
    // Here the third ends where the last one starts, and is the one that it follows.
    expect(plan([0, 80], [recording("a", 0, 45), ...two]).parts).toEqual([
      ["a", 0, 10],
      ["b", 10, 40],
      ["a", 40, 45],
      ["c", 45, 80],
    ]);
  });

  it("shows what is left of a recording as what it is: one that began within it comes first", () => {
    const left = { ...recording("a", 40, 100), begunMs: 0 };
    expect(plan([0, 100], [recording("a", 0, 10), recording("b", 20, 60), left]).parts).toEqual([
      ["a", 0, 20],
      ["b", 20, 60],
      ["a", 60, 100],
    ]);
  });

  it("has holes before, between and after", () => {
    expect(plan([0, 500], [recording("a", 100, 200), recording("b", 300, 400)])).toEqual({
      parts: [
        ["a", 100, 200],
        ["b", 300, 400],
      ],
      holes: [
        [0, 100],
        [200, 300],
        [400, 500],
      ],
    });
  });

  it("joins two whose distance is the tolerance, and no more", () => {
    expect(plan([0, 300], [recording("a", 0, 100), recording("b", 110, 300)])).toEqual({
      parts: [
        ["a", 0, 110],
        ["b", 110, 300],
      ],
      holes: [],
    });
    expect(plan([0, 300], [recording("a", 0, 100), recording("b", 111, 300)]).holes).toEqual([[100, 111]]);
  });

  it("is a hole when it lies within a join, where no recording has a frame to give", () => {
    expect(plan([102, 108], [recording("a", 0, 100), recording("b", 110, 300)])).toEqual({
      parts: [],
      holes: [[102, 108]],
    });
  });

  it("has no use for recordings that end where it starts, start where it ends, or last no time", () => {
    const footage = [recording("a", 0, 100), recording("b", 200, 300), recording("c", 150, 150)];
    expect(plan([100, 200], footage)).toEqual({ parts: [], holes: [[100, 200]] });
  });

  it("without recordings is one hole", () => {
    expect(plan([5, 6], [])).toEqual({ parts: [], holes: [[5, 6]] });
  });
});

const footage = fc.array(
  fc
    .record({ start: fc.integer({ min: 0, max: 100 }), length: fc.integer({ min: 0, max: 40 }), name: fc.nat(5) })
    .map(({ start, length, name }) => recording(`${name}`, start, start + length)),
  { maxLength: 8 },
);
const range = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 60 }))
  .map(([at, length]): Interval => [at, at + length]);

describe("any range over any recordings", () => {
  it("is covered once: parts never overlap, and parts and holes make up the range", () => {
    fc.assert(
      fc.property(range, footage, fc.integer({ min: 0, max: 15 }), ([start, end], recordings, tolerance) => {
        const { parts, holes } = planParts([start, end], recordings, tolerance);
        const pieces = [...parts.map(({ fromMs, toMs }) => [fromMs, toMs]), ...holes].sort(([a = 0], [b = 0]) => a - b);
        let at = start;
        for (const [from = 0, to = 0] of pieces) {
          expect(to).toBeGreaterThan(from);
          expect(from).toBeGreaterThanOrEqual(at);
          // The front of a range that starts within a join has neither part nor hole.
          expect(from - at).toBeLessThanOrEqual(tolerance);
          at = to;
        }
        expect(end - at).toBeLessThanOrEqual(tolerance);
        if (tolerance === 0 && pieces.length > 0) expect([pieces[0]?.[0], at]).toEqual([start, end]);
      }),
    );
  });

  it("gives every part frames of its own recording, and reaches beyond it only within a join", () => {
    fc.assert(
      fc.property(range, footage, fc.integer({ min: 0, max: 15 }), ([start, end], recordings, tolerance) => {
        for (const part of planParts([start, end], recordings, tolerance).parts) {
          expect(part.fromMs).toBeGreaterThanOrEqual(Math.max(start, part.startMs));
          expect(part.fromMs).toBeLessThan(part.endMs);
          expect(part.toMs).toBeLessThanOrEqual(Math.min(end, part.endMs + tolerance));
        }
      }),
    );
  });

  it("leaves nothing out that some recording holds", () => {
    fc.assert(
      fc.property(range, footage, (asked, recordings) => {
        const { holes } = planParts(asked, recordings, 0);
        for (const [from, to] of holes)
          for (const { startMs, endMs } of recordings)
            expect(startMs < to && from < endMs && startMs < endMs).toBe(false);
      }),
    );
  });

  it("has the same holes whatever the order of the list", () => {
    fc.assert(
      fc.property(range, footage, (asked, recordings) => {
        expect(planParts(asked, [...recordings].reverse(), 5)).toEqual(planParts(asked, recordings, 5));
      }),
    );
  });
});

it("finds the holes between intervals", () => {
  expect(holesIn([0, 10], [])).toEqual([[0, 10]]);
  expect(holesIn([0, 10], [[0, 10]])).toEqual([]);
  expect(
    holesIn(
      [0, 10],
      [
        [-5, 2],
        [4, 20],
      ],
    ),
  ).toEqual([[2, 4]]);
});
