import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Verdict } from "@camclips/evidence/verify";
import { after, makeHarbour } from "@camclips/testing/cli/fixtures";
import { runCli } from "@camclips/testing/cli/run-cli";
import { type TestFolder, testFolder } from "@camclips/testing/folders";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: TestFolder;
const env = { EVIDENCE_KEY: ".camclips/evidence/key.pem" };
const run = (...args: string[]) => runCli(args, { cwd: folder.path, env });
const path = (name: string) => join(folder.path, name);

beforeAll(async () => {
  folder = await testFolder();
  const { recordings } = await makeHarbour(path("recordings"), 4, { bFrames: 2 });
  // What the camera missed: the third of four.
  await rm(recordings[2]?.path ?? "");
  expect(await run("evidence", "init")).toMatchObject({ code: 0 });
});
afterAll(() => folder[Symbol.asyncDispose]());

/** A signed clip of the first two recordings, or over the gap. */
async function clip(id: string, ...options: string[]): Promise<string> {
  const range = ["--start", after(1_300), "--end", after(6_700), ...options];
  const made = await run("clip", "--recordings", "recordings", "--camera", "harbour", "--clip-id", id, ...range);
  expect(made.code, made.stderr).toBe(0);
  return `clips/harbour/${id}.mp4`;
}

async function verdictOf(...args: string[]): Promise<{ code: number | null; verdict: Verdict }> {
  const { code, stdout, stderr } = await run("verify", ...args, "--json");
  expect(stderr).toBe("");
  return { code, verdict: JSON.parse(stdout) };
}

async function flip(name: string, at: number): Promise<void> {
  const bytes = await readFile(path(name));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path(name), bytes);
}

describe("a signed clip", () => {
  it.each([
    ["smart", []],
    ["exact", ["--precision", "exact"]],
    ["fast", ["--precision", "fast"]],
    ["skip", ["--end", after(13_000)]],
    ["black", ["--end", after(13_000), "--gap-policy", "FILL_WITH_BLACK"]],
    ["hold", ["--end", after(13_000), "--gap-policy", "HOLD_LAST_FRAME"]],
  ])(
    "that was cut the way of %s says which frames are the recordings' own, and is found to be intact",
    async (id, options) => {
      const made = await clip(id, ...options);
      const { code, verdict } = await verdictOf(made, "--sources", "recordings");
      expect(verdict.findings).toEqual([]);
      expect([code, verdict.intact]).toEqual([0, true]);
      const events = JSON.parse(await readFile(path(`clips/harbour/${id}.events.json`), "utf8"));
      const { data } = events.find(
        (event: { "detail-type": string }) => event["detail-type"] === "ClipRendered",
      ).detail;
      const runs = verdict.manifest?.frames ?? [];
      const count = (made: string) =>
        runs.filter((each) => each.made === made).reduce((sum, { from, to }) => sum + to - from, 0);
      expect(runs.at(-1)?.to).toBe(id === "fast" ? count("copied") : data.clip.frames);
      expect(count("encoded")).toBe(data.clip.encodedFrames);
      const [first, last] = [runs[0]?.startMs ?? 0, runs.at(-1)?.endMs ?? 0];
      const [requested] = [data.coverage.requested];
      expect(first).toBeCloseTo(requested[0] + data.coverage.startErrorMs, 0);
      expect(Math.abs(last - data.coverage.delivered.at(-1)[1])).toBeLessThan(45);
    },
  );

  it("that was altered is told by exit code, by file and by second", async () => {
    const made = await clip("altered");
    const { size } = await stat(path(made));
    await flip(made, size - 2_000);
    await flip("clips/harbour/altered_80.jpg", 300);
    const { code, stdout } = await run("verify", made, "--sources", "recordings");
    expect(code).toBe(5);
    expect(stdout).toMatch(/^NOT AS SIGNED/);
    expect(stdout).toMatch(
      /clip +altered\.mp4: altered between second [45](\.\d+)? and 5(\.\d+)? \(2018-10-31T02:52:0\d/,
    );
    expect(stdout).toContain("altered_80.jpg: it was altered");
  });

  it("names a recording that was altered, and which frames of it", async () => {
    const made = await clip("source");
    const [name] = (await verdictOf(made)).verdict.manifest?.sources.map(({ key }) => key) ?? [];
    const { size } = await stat(path(`recordings/${name}`));
    await flip(`recordings/${name}`, Math.floor(size * 0.6));
    const { code, verdict } = await verdictOf(made, "--sources", "recordings");
    await flip(`recordings/${name}`, Math.floor(size * 0.6));
    expect(code).toBe(5);
    expect(verdict.findings).toMatchObject([
      { what: "source", name, wallClock: [expect.any(String), expect.any(String)] },
    ]);
  });
});

describe("keys", () => {
  it("that were rotated out count, those that are revoked as compromised do not", async () => {
    const made = await clip("rotated");
    const { verdict: before } = await verdictOf(made);
    expect((await run("evidence", "rotate")).code).toBe(0);
    expect((await verdictOf(made)).code).toBe(0);
    const { verdict: after } = await verdictOf(await clip("newer"));
    expect(after.kid).not.toBe(before.kid);
    await run("evidence", "revoke", before.kid ?? "", "--reason", "compromised");
    const { code, verdict } = await verdictOf(made);
    expect([code, verdict.findings[0]?.problem]).toEqual([5, expect.stringContaining("was compromised")]);
    expect((await verdictOf("clips/harbour/newer.mp4")).code).toBe(0);
  });

  it("are readable by their owner alone, and are not made anew by mistake", async () => {
    expect((await stat(path(env.EVIDENCE_KEY))).mode & 0o077).toBe(0);
    const again = await run("evidence", "init");
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("rotate")]);
  });

  it("that cannot be used are told before any work", async () => {
    await writeFile(path("no-key.pem"), "nothing");
    const args = [
      "clip",
      "--recordings",
      "recordings",
      "--camera",
      "harbour",
      "--start",
      after(1000),
      "--end",
      after(2000),
    ];
    const made = await runCli(args, { cwd: folder.path, env: { EVIDENCE_KEY: "no-key.pem" } });
    expect([made.code, made.stderr]).toEqual([2, expect.stringContaining('EVIDENCE_KEY="no-key.pem" cannot be used')]);
  });
});

describe("bad input of verify", () => {
  it.each([
    [["verify", "none.mp4"], "there is no none.mp4"],
    [["verify", "recordings"], "there is no recordings.manifest.json"],
    [["evidence", "revoke", "nobody"], "revoke: no key nobody"],
    [["evidence", "constructor"], "is invalid for argument 'action'"],
    [["evidence", "mend"], "Allowed choices are init, rotate, add, revoke, list"],
  ])("%j is told what is wrong", async (args, line) => {
    const { code, stderr } = await run(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(line)]);
  });
});
