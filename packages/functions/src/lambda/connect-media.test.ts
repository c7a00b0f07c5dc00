import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { testFolder } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { connectMedia } from "./connect-media.ts";

describe("a render function's start", () => {
  it("goes well with an ffmpeg that runs", async () => {
    const { media } = await connectMedia({ FFMPEG_BIN: testFfmpeg, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1769" });
    expect(media.renderClip).toBeTypeOf("function");
  });

  it("fails when none is named", async () => {
    await expect(connectMedia({ PATH: process.env.PATH })).rejects.toThrow('FFMPEG_BIN="" is not set');
  });

  it.each([
    [
      "one that misses a library",
      "#!/bin/sh\necho 'libm.so.6: cannot open' >&2; exit 127\n",
      "exit code 127: libm.so.6",
    ],
    ["one for macOS", Buffer.from("cffaedfe0c000001", "hex"), "is a program for macOS"],
    ["another program", "#!/bin/sh\necho hello\n", 'is no ffmpeg: it says "hello"'],
  ])("fails with %s", async (_, content, why) => {
    await using folder = await testFolder();
    const path = join(folder.path, "ffmpeg");
    await writeFile(path, content, { mode: 0o755 });
    await expect(connectMedia({ FFMPEG_BIN: path })).rejects.toThrow(why);
    await expect(connectMedia({ FFMPEG_BIN: path })).rejects.toThrow("no message is taken");
  });

  it("fails when the file is not there", async () => {
    await expect(connectMedia({ FFMPEG_BIN: "/var/task/nowhere" })).rejects.toThrow("does not run (ENOENT)");
  });
});
