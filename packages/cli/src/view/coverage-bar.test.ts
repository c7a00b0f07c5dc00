import { expect, it } from "vitest";
import { coverageBar } from "./coverage-bar.ts";

it("shows what is covered whole, in part, and not at all", () => {
  expect(coverageBar([0, 100], [[0, 50]], 10)).toBe("[█████     ]");
  expect(
    coverageBar(
      [0, 100],
      [
        [0, 45],
        [98, 100],
      ],
      10,
    ),
  ).toBe("[████▒    ░]");
  expect(coverageBar([0, 100], [], 10)).toBe("[          ]");
});
