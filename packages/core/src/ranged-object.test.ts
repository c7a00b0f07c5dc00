import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ObjectChangedError, ServiceUnavailableError } from "./ports.ts";
import { type FetchRange, RangedObject } from "./ranged-object.ts";

const body = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
const open = (fetchRange: FetchRange) => new RangedObject({ size: body.length, etag: '"1"', fetchRange });

/** Serves the body in small chunks; the nth call breaks after `cuts[n]` bytes, by an error or by just ending. */
function cutting(cuts: number[], how: "error" | "end", calls: [number, number][] = []): FetchRange {
  return async (start, end) => {
    const cut = cuts[calls.length];
    calls.push([start, end]);
    const upTo = cut === undefined ? end : Math.min(end, start + cut);
    async function* chunks() {
      for (let at = start; at < upTo; at += 64) yield body.subarray(at, Math.min(at + 64, upTo));
      if (upTo < end && how === "error") throw new Error("ECONNRESET");
    }
    return chunks();
  };
}

describe("a range", () => {
  it("is read in one request, its end being exclusive", async () => {
    const calls: [number, number][] = [];
    const object = open(cutting([], "end", calls));
    expect(Buffer.from(await object.read(10, 300))).toEqual(body.subarray(10, 300));
    expect(calls).toEqual([[10, 300]]);
    expect(object.fetched).toEqual({ bytes: 290, requests: 1 });
  });

  it("ends with the object", async () => {
    expect(await open(cutting([], "end")).read(990, 2000)).toHaveLength(10);
    expect(await open(cutting([], "end")).read(1000, 2000)).toHaveLength(0);
    expect(await open(cutting([], "end")).read(1500, 2000)).toHaveLength(0);
  });

  it.each(["error", "end"] as const)("is taken up again where its body was cut off: by an %s", async (how) => {
    const calls: [number, number][] = [];
    const object = open(cutting([100, 0, 50], how, calls));
    expect(Buffer.from(await object.read(0, 1000))).toEqual(body);
    expect(calls).toEqual([
      [0, 1000],
      [100, 1000],
      [100, 1000],
      [150, 1000],
    ]);
  });

  it("is given up after four tries as an outage, with the last error", async () => {
    const calls: [number, number][] = [];
    const reset = open(cutting([1, 1, 1, 1, 1], "error", calls)).read(0, 1000);
    await expect(reset).rejects.toThrow(new ServiceUnavailableError("the body broke off: ECONNRESET"));
    expect(calls).toHaveLength(4);
    const ended = open(cutting([1, 1, 1, 1], "end")).read(0, 1000);
    await expect(ended).rejects.toThrow("the body broke off: 996 bytes are missing");
  });

  it("that is refused four times fails as it was refused", async () => {
    const refusal = new Error("Access Denied");
    await expect(open(() => Promise.reject(refusal)).read(0, 1000)).rejects.toBe(refusal);
  });

  it("never holds bytes beyond what was asked for, though the server sends more", async () => {
    const generous = open(async (start) => [body.subarray(start)] as unknown as AsyncIterable<Uint8Array>);
    expect(Buffer.from(await generous.read(5, 10))).toEqual(body.subarray(5, 10));
  });

  it("fails at once when the object has changed, and when the stage is aborted", async () => {
    let calls = 0;
    const changed = open(async () => {
      calls += 1;
      throw new ObjectChangedError("changed");
    });
    await expect(changed.read(0, 10)).rejects.toThrow(ObjectChangedError);
    expect(calls).toBe(1);
    const signal = AbortSignal.abort(new Error("time is up"));
    await expect(open(cutting([], "end")).read(0, 10, signal)).rejects.toThrow("time is up");
  });
});

it("brings every byte once, wherever up to three bodies are cut off", async () => {
  const range = fc.tuple(fc.nat(1000), fc.nat(1000));
  await fc.assert(
    fc.asyncProperty(
      range,
      fc.array(fc.nat(400), { maxLength: 1 }),
      fc.constantFrom("error", "end"),
      async ([a, b], cuts, how) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const chunks = await Array.fromAsync(open(cutting(cuts, how as "error")).stream(start, end));
        expect(Buffer.concat(chunks).equals(body.subarray(start, end))).toBe(true);
      },
    ),
    { numRuns: 20 },
  );
});
