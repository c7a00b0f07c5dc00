import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { showMaking } from "./making.ts";

function written(isTTY: boolean, percents: number[], columns = 80, what = "Making recording 1 of 2"): string {
  let text = "";
  const write = (part: string) => {
    text += part;
    return true;
  };
  const stream = Object.assign(new Writable(), { isTTY, columns, write }) as unknown as NodeJS.WriteStream;
  const progress = showMaking(stream, what);
  for (const percent of percents) progress(percent);
  return text;
}

it("what is being made is one line on a terminal, and a line for each quarter elsewhere", () => {
  const lines = written(true, [10, 55.5, 100]).split("\r\u001b[K");
  expect(lines.slice(1)).toEqual([
    "Making recording 1 of 2",
    "Making recording 1 of 2  10 %",
    "Making recording 1 of 2  55 %",
    "Making recording 1 of 2  100 %\n",
  ]);
  expect(written(false, [10, 30, 40, 80, 100])).toBe("Making recording 1 of 2\n  30 %\n  80 %\n");
});

it("a narrow terminal cuts the name off, not the percents", () => {
  const [, , line = ""] = written(true, [10], 25, "Making recording 1 of 2: test.stream.mp4").split("\r\u001b[K");
  expect(line).toMatch(/^Making recording 1 of 2: t.*… {2}10 %$/);
  expect(line.length).toBeLessThan(40);
});
