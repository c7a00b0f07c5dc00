import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Precision } from "@camclips/events";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { mutated, mutation } from "@camclips/testing/mp4/mutate-bytes";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { CorruptSourceError } from "../../../mp4/src/errors.ts";
import { VerificationError } from "../errors.ts";
import { makeRecording } from "../synthetic/index.ts";

/**
 * A recording that cannot be taken apart is staged whole, so the engine meets files that lie. FUZZ_RUNS=<n> renders a
 * fiftieth of it, each with real ffmpeg; FUZZ_SEED repeats a run.
 */
const { FUZZ_RUNS = "300", FUZZ_SEED = "1" } = process.env;

const SLOWEST_MS = 120_000;
const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
const shop = new Workshop();
afterAll(() => shop.clear());

it("a file whose boxes lie gives a verified clip or a reason, in bounded time, and leaves nothing", {
  timeout: 900_000,
}, async () => {
  const folder = await shop.folder;
  const usual = { startMs, seconds: 3, gop: 25, bFrames: 2 };
  const originals = await Promise.all(
    (["moov-first", "moov-last", "fragmented"] as const).map(async (container) => {
      const path = join(folder, `${container}.mp4`);
      const recording = await makeRecording({ ...usual, path, container });
      return { recording, bytes: await readFile(path) };
    }),
  );
  const outcomes = new Map<string, number>();
  const drawn = fc.record({
    file: fc.nat(originals.length - 1),
    mutations: fc.array(mutation, { minLength: 1, maxLength: 3 }),
    precision: fc.constantFrom<Precision>("smart", "fast", "exact"),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ file, mutations, precision }) => {
      const original = originals[file];
      if (!original) return;
      const scratch = join(folder, "scratch");
      await rm(scratch, { recursive: true, force: true });
      await mkdir(scratch);
      const path = join(folder, "mutated.mp4");
      await writeFile(path, mutated(original.bytes, mutations));
      const output = join(folder, "clip.mp4");
      await rm(output, { force: true });
      const job = { ...jobOf([{ ...original.recording, path }], startMs + 500, startMs + 2500, { precision }), output };
      const startedAt = performance.now();
      const outcome = await shop.engine.renderClip(job, { scratch }).then(
        () => "clip",
        (error: unknown) => {
          const isReason = [CorruptSourceError, VerificationError].some((kind) => error instanceof kind);
          if (isReason && error instanceof Error) return error.name;
          throw error;
        },
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (performance.now() - startedAt > SLOWEST_MS) throw new Error("it took too long");
      expect(await readdir(scratch)).toEqual([]);
      if (outcome !== "clip") expect(await readdir(folder)).not.toContain("clip.mp4");
    }),
    { numRuns: Math.ceil(Number(FUZZ_RUNS) / 50), seed: Number(FUZZ_SEED), endOnFailure: true },
  );
  expect(outcomes.get("clip"), JSON.stringify([...outcomes])).toBeGreaterThan(0);
});
