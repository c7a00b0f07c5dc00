import type { Lane } from "@camclips/events";
import { expect, it } from "vitest";
import { WaitingLine } from "./waiting-line.ts";

type Message = { lane?: Lane };

function lineOf(counts: { high?: number; usual?: number; low?: number }): WaitingLine<Message> {
  const line = new WaitingLine<Message>(({ lane }) => lane);
  for (const [name, count] of Object.entries(counts))
    for (let i = 0; i < count; i += 1) line.push(name === "usual" ? {} : { lane: name as Lane });
  return line;
}

const taken = (line: WaitingLine<Message>, count: number) =>
  Array.from({ length: count }, () => line.shift()?.lane ?? "usual");

it("serves those without a lane in the order in which they came", () => {
  const line = new WaitingLine<{ id: number }>(() => undefined);
  for (const id of [1, 2, 3]) line.push({ id });
  expect([line.shift(), line.shift(), line.shift(), line.shift()]).toEqual([
    { id: 1 },
    { id: 2 },
    { id: 3 },
    undefined,
  ]);
});

it("lets the high lane pass a thousand others at its next turn, also after it was empty for long", () => {
  const line = lineOf({ usual: 1000, low: 1000 });
  taken(line, 500);
  line.push({ lane: "high" });
  expect(taken(line, 1)).toEqual(["high"]);
});

it("starves nobody, whoever comes for ever", () => {
  const served = taken(lineOf({ high: 1000, usual: 1000, low: 1000 }), 130);
  const count = (of: string) => served.filter((lane) => lane === of).length;
  expect([count("high"), count("usual"), count("low")]).toEqual([80, 40, 10]);
});

it("saves up no turns for a lane that was empty", () => {
  const line = lineOf({ usual: 100 });
  taken(line, 50);
  for (let i = 0; i < 50; i += 1) line.push({ lane: "low" });
  expect(taken(line, 10).filter((lane) => lane === "low").length).toBeLessThan(4);
});

it("tells how many are served before one that comes now", () => {
  const line = lineOf({ high: 2, usual: 100, low: 100 });
  expect(line.ahead("high")).toBe(2 + 1 + 0.25);
  expect(line.ahead("low")).toBe(100 + 2 + 100);
  expect(line.ahead(undefined)).toBe(100 + 2 + 25);
});
