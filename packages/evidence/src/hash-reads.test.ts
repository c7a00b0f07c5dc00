import { createHash } from "node:crypto";
import type { ByteSource } from "@camclips/mp4";
import { expect, it } from "vitest";
import { hashReads } from "./hash-reads.ts";

const KB = 1024;
const bytes = Buffer.from(Array.from({ length: 700 * KB }, (_, i) => (i * 31) % 251));
const sha256 = (start: number, end: number) =>
  createHash("sha256").update(bytes.subarray(start, end)).digest("base64url");

/** Streams in chunks that fit no piece. */
const odd: ByteSource & { name: string } = {
  name: "odd",
  size: bytes.length,
  read: async (start, end) => bytes.subarray(start, end),
  async *stream(start, end) {
    for (let at = start; at < end; at += 10_007) yield bytes.subarray(at, Math.min(end, at + 10_007));
  },
};

it("hands through what is read, and tells the hash of every stretch", async () => {
  const { source, ranges } = hashReads(odd);
  const chunks = await Array.fromAsync(source.stream(1000, 600 * KB));
  expect(Buffer.concat(chunks).equals(bytes.subarray(1000, 600 * KB))).toBe(true);
  await source.read(0, 10);
  await source.read(0, 10);
  const ends = [1000, 1000 + 256 * KB, 1000 + 512 * KB, 600 * KB];
  expect(ranges()).toEqual([
    { start: 0, end: 10, sha256: sha256(0, 10) },
    ...ends.slice(1).map((end, i) => ({ start: ends[i], end, sha256: sha256(ends[i] ?? 0, end) })),
  ]);
  expect([source.name, source.size]).toEqual(["odd", bytes.length]);
});

it("tells of a read that was broken off only what came", async () => {
  const { source, ranges } = hashReads(odd);
  for await (const _ of source.stream(0, 600 * KB)) break;
  expect(ranges()).toEqual([{ start: 0, end: 10_007, sha256: sha256(0, 10_007) }]);
});
