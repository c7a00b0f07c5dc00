import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CorruptSourceError } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMediaEngine } from "../engine.ts";
import { VerificationError } from "../errors.ts";
import { makeRecording, type Recording } from "../synthetic/index.ts";
import { mayBlameInput } from "./blame.ts";
import { FfmpegError } from "./errors.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
const shop = new Workshop();
let folder: string;
let recording: Recording;

beforeAll(async () => {
  folder = await shop.folder;
  recording = await makeRecording({ path: join(folder, "whole.mp4"), startMs, seconds: 2, gop: 25 });
});
afterAll(() => shop.clear());

const failed = (log: string, exitCode: number | null = 1) =>
  new FfmpegError("ffmpeg failed", { exitCode, exitSignal: exitCode === null ? "SIGKILL" : null, args: [], log });

describe("an input may be to blame", () => {
  it.each([
    ["when it was opened", "[info] Input #0, mov, from 'file:/a.mp4':\n[error] Conversion failed!"],
    ["when it cannot be opened, in the words of 5.1", "[error] file:/a.mp4: Invalid data found when processing input"],
    ["in the words of 7", "[in#0 @ 0x1] [error] Error opening input: Invalid data found when processing input"],
    ["when so much was said that the beginning is lost", "[h264 @ 0x1] [error] left block unavailable\n".repeat(700)],
  ])("%s", (_, log) => {
    expect(mayBlameInput(failed(log))).toBe(true);
  });

  it.each([
    ["a library is missing", "ffmpeg: error while loading shared libraries: libx264.so.164: cannot open"],
    ["it says nothing", ""],
    ["an option is unknown", "[fatal] Unrecognized option 'fps_mode'."],
    ["a filter is missing", "[info] Input #0, mov\n[AVFilterGraph @ 0x1] [error] No such filter: 'tpad'"],
    ["an encoder is missing", "[info] Input #0, mov\n[fatal] Unknown encoder 'libx264'"],
    ["the file is gone", "[error] file:/a.mp4: No such file or directory"],
    ["somebody ended it", "[info] Input #0, mov\n[info] Exiting normally, received signal 15."],
  ])("but not when %s", (_, log) => {
    expect(mayBlameInput(failed(log))).toBe(false);
  });

  it("but not when it was killed, or never started", () => {
    expect(mayBlameInput(failed("[info] Input #0, mov", null))).toBe(false);
    expect(mayBlameInput(new Error("Input #0"))).toBe(false);
  });
});

/** Does what `when` says in the runs whose arguments match, and works otherwise. */
async function brokenFfmpeg(name: string, when: string, what: string): Promise<string> {
  const path = join(folder, name.replaceAll(" ", "-"));
  await writeFile(path, `#!/bin/sh\ncase "$*" in ${when}) ${what};; esac\nexec '${testFfmpeg}' "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

const LOADER = "echo 'ffmpeg: error while loading shared libraries: libx264.so.164' >&2; exit 127";

describe("an intact recording is not blamed for an ffmpeg", () => {
  it.each([
    ["that misses a library", "*", LOADER],
    ["that is killed", "*", "kill -KILL $$"],
    ["that does not know an option", "*", "echo \"Unrecognized option 'fps_mode'.\" >&2; exit 1"],
    ["that fails to encode and to decode", "*libx264*|*wrapped*|*null*", LOADER],
    ["that is killed while it is looked for who is to blame", "*libx264*) exit 1;; *'-f null'*", "kill -SEGV $$"],
    ["that cannot read the clip back", "*window0*", LOADER],
    ["that cannot read the clip's audio back", "*lowpass*", LOADER],
  ])("%s", async (name, when, what) => {
    const ffmpeg = await brokenFfmpeg(name, when, what);
    const engine = createMediaEngine({ ffmpeg, threads: 1, timeLimitMs: 60_000 });
    const job = jobOf([recording], startMs + 200, startMs + 1800);
    const error = await engine.renderClip({ ...job, output: join(folder, "clip.mp4") }, { scratch: folder }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(FfmpegError);
    expect(error).not.toBeInstanceOf(CorruptSourceError);
    expect(error).not.toBeInstanceOf(VerificationError);
  });
});
