import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../tools/bench/memory/memory-table.ts";
import { type Invocation, readReport } from "../../../../tools/bench/memory/report-line.ts";
import { type SweptFunction, sweep } from "../../../../tools/bench/memory/sweep.ts";

const options = { sizes: [1024, 2048], clips: 2, usdPerGbSecond: 0.00001, now: () => 0 };

/** A function that takes two seconds of a processor, and as much more to start. */
class FakeFunction implements SweptFunction {
  memory = 3538;
  readonly invoked: Invocation[] = [];
  failsAt: number | undefined;

  async memoryMb(): Promise<number> {
    return this.memory;
  }

  async setMemory(mb: number): Promise<void> {
    this.memory = mb;
  }

  async makeClip(): Promise<void> {
    if (this.memory === this.failsAt) throw new Error("clip-1: CLIP_NOT_AVAILABLE");
    const durationMs = 2_048_000 / this.memory;
    const isCold = !this.invoked.some(({ memoryMb }) => memoryMb === this.memory);
    const startMs = isCold ? 500 : undefined;
    const billedMs = durationMs + (startMs ?? 0);
    this.invoked.push({ durationMs, billedMs, memoryMb: this.memory, usedMb: 400, startMs });
  }

  async invocations(memoryMb: number): Promise<Invocation[]> {
    return this.invoked.filter((one) => one.memoryMb === memoryMb);
  }
}

describe("a sweep over a function's memory", () => {
  it("counts the clips after the first one of each size, and prices what Lambda bills", async () => {
    const found = await sweep(new FakeFunction(), options);
    const alike = { clips: 2, usedMb: 400, startMs: 500, usd: expect.closeTo(0.02, 9) };
    expect(found).toEqual([
      { ...alike, memoryMb: 1024, durationMs: 2000, billedMs: 2000 },
      { ...alike, memoryMb: 2048, durationMs: 1000, billedMs: 1000 },
    ]);
    expect(memoryTable(found)).toContain("| 2,048 | **1,000** | 1,000 | 400 | 500 | **0.020** |");
  });

  it("gives the function its memory back, also when a clip fails", async () => {
    const fake = new FakeFunction();
    await sweep(fake, options);
    expect(fake.memory).toBe(3538);
    fake.failsAt = 2048;
    await expect(sweep(fake, options)).rejects.toThrow("CLIP_NOT_AVAILABLE");
    expect(fake.memory).toBe(3538);
  });

  it("says so when the log holds fewer invocations than clips were made", async () => {
    const fake = new FakeFunction();
    fake.invocations = async () => fake.invoked.slice(0, 2);
    await expect(sweep(fake, options)).rejects.toThrow("1024 MB: 2 REPORT lines for 3 clips");
  });
});

describe("Lambda's REPORT line", () => {
  const line =
    "REPORT RequestId: 1a\tDuration: 812.35 ms\tBilled Duration: 813 ms\tMemory Size: 1769 MB\tMax Memory Used: 393 MB\t";

  it("is read with and without the start of the function", () => {
    const warm = { durationMs: 812.35, billedMs: 813, memoryMb: 1769, usedMb: 393 };
    expect(readReport(line)).toEqual({ ...warm, startMs: undefined });
    expect(readReport(`${line}Init Duration: 245.50 ms\t\n`)).toEqual({ ...warm, startMs: 245.5 });
  });

  it.each(["START RequestId: 1a Version: $LATEST", '{"message":"REPORT"}', "REPORT RequestId: 1a Status: error"])(
    "is no other line: %s",
    (text) => expect(readReport(text)).toBeUndefined(),
  );
});
