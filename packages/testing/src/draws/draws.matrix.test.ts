import { expect, it } from "vitest";
import { runDraw } from "./run-draw.ts";

/** DRAWS=<n> cameras are drawn; DRAW_SEED says where to begin, and with DRAWS=1 repeats one. */
const { DRAWS = "8", DRAW_SEED = "1" } = process.env;

it(
  "recordings of all kinds give the right frames, or the truth about what is missing",
  async () => {
    const wrong: string[] = [];
    for (let seed = Number(DRAW_SEED); seed < Number(DRAW_SEED) + Number(DRAWS); seed++) {
      for (const { about, why, faults } of await runDraw(seed)) {
        if (faults.length === 0) continue;
        wrong.push(`${faults.join("; ")} (${why})\n  ${about}`);
        process.stderr.write(`${wrong.at(-1)}\n`);
      }
    }
    expect(wrong).toEqual([]);
  },
  Number(DRAWS) * 60_000,
);
