import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { describe, expect, it } from "vitest";
import { FfmpegError, FfmpegMissingError } from "./errors.ts";
import { runFfmpeg } from "./run-ffmpeg.ts";

const endless = ["-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=64x36:rate=5", "-f", "null", "-"];

async function childrenOfThisProcess(): Promise<number> {
  let count = 0;
  for (const name of await readdir("/proc")) {
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    if (stat.includes("(ffmpeg)") && stat.includes(` ${process.pid} `)) count++;
  }
  return count;
}

describe("runFfmpeg", () => {
  it("collects what ffmpeg writes to its output", async () => {
    let bytes = 0;
    const args = ["-f", "lavfi", "-i", "testsrc2=size=64x36:rate=5:duration=2", "-f", "rawvideo", "-pix_fmt", "gray"];
    const onOutput = (chunk: Uint8Array) => {
      bytes += chunk.length;
    };
    await runFfmpeg({ ffmpeg: testFfmpeg, args: [...args, "pipe:1"], onOutput });
    expect(bytes).toBe(64 * 36 * 10);
  });

  it("feeds its input from an iterable, and accepts that ffmpeg reads only a part of it", async () => {
    async function* zeros() {
      for (let i = 0; i < 1000; i++) yield new Uint8Array(64 * 36);
    }
    const raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-video_size", "64x36", "-i", "pipe:0"];
    const log = await runFfmpeg({
      ffmpeg: testFfmpeg,
      args: [...raw, "-frames:v", "3", "-f", "null", "-"],
      input: zeros(),
    });
    expect(log).toContain("rawvideo");
  });

  it("reports progress in seconds of output", async () => {
    const seen: number[] = [];
    const args = ["-f", "lavfi", "-i", "testsrc2=size=64x36:rate=25:duration=4", "-f", "null", "-"];
    await runFfmpeg({ ffmpeg: testFfmpeg, args, onProgress: (seconds) => seen.push(seconds) });
    expect(seen.at(-1)).toBeCloseTo(4, 0);
  });

  it("throws the exit code, the arguments and the last lines when ffmpeg fails", async () => {
    const args = ["-v", "error", "-i", "/nowhere/missing.mp4", "-f", "null", "-"];
    const error = await runFfmpeg({ ffmpeg: testFfmpeg, args }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FfmpegError);
    expect(error).toMatchObject({ args, exitSignal: null, message: expect.stringContaining("No such file") });
    expect((error as FfmpegError).exitCode).not.toBe(0);
  });

  it("keeps the log bounded", async () => {
    const args = ["-v", "debug", "-f", "lavfi", "-i", "testsrc2=size=64x36:rate=25:duration=8", "-f", "null", "-"];
    expect((await runFfmpeg({ ffmpeg: testFfmpeg, args })).length).toBeLessThanOrEqual(32_000);
  });

  it("says what to do when there is no ffmpeg", async () => {
    const running = runFfmpeg({ ffmpeg: "/nowhere/ffmpeg", args: [] });
    await expect(running).rejects.toThrow(FfmpegMissingError);
    await expect(running).rejects.toThrow(/install ffmpeg .* or set FFMPEG_BIN/);
  });

  it("ends the process when the signal aborts, and throws the signal's reason", async () => {
    const abort = new AbortController();
    const running = runFfmpeg({ ffmpeg: testFfmpeg, args: endless, signal: abort.signal });
    while ((await childrenOfThisProcess()) === 0) await sleep(20);
    abort.abort(new Error("no longer wanted"));
    await expect(running).rejects.toThrow("no longer wanted");
    expect(await childrenOfThisProcess()).toBe(0);
  });

  it("does not start when the signal has aborted before", async () => {
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(runFfmpeg({ ffmpeg: "/nowhere/ffmpeg", args: [], signal })).rejects.toThrow("too late");
  });

  it("ends the process after its time limit", async () => {
    const running = runFfmpeg({ ffmpeg: testFfmpeg, args: endless, timeLimitMs: 300 });
    await expect(running).rejects.toThrow("took longer than 300 ms");
    expect(await childrenOfThisProcess()).toBe(0);
  });

  it("kills the whole group when the process ignores the request to end", async () => {
    const stubborn = new URL("./testdata/stubborn.sh", import.meta.url).pathname;
    const abort = new AbortController();
    // It writes once it ignores the request, and would go on for longer than this test may take.
    const onOutput = () => abort.abort(new Error("no longer wanted"));
    const running = runFfmpeg({ ffmpeg: stubborn, args: [], onOutput, signal: abort.signal });
    await expect(running).rejects.toThrow("no longer wanted");
  });

  it("ends the process when a callback throws, and throws that error", async () => {
    const args = ["-re", "-f", "lavfi", "-i", "testsrc2=size=64x36:rate=5", "-f", "rawvideo", "pipe:1"];
    const onOutput = () => {
      throw new Error("cannot keep this");
    };
    await expect(runFfmpeg({ ffmpeg: testFfmpeg, args, onOutput })).rejects.toThrow("cannot keep this");
    expect(await childrenOfThisProcess()).toBe(0);
  });
});
