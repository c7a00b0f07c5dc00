import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { after, type Folder, makeHarbour, temporaryFolder } from "@camclips/testing/cli/fixtures";
import { runCli } from "@camclips/testing/cli/run-cli";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: Folder;

beforeAll(async () => {
  folder = await temporaryFolder();
  await makeHarbour(join(folder.path, "recordings"), 1, { seconds: 1 });
  await mkdir(join(folder.path, "empty"));
  await writeFile(join(folder.path, "words.txt"), "hello");
  await writeFile(join(folder.path, "no-records.json"), '{"Records":[]}');
  await runCli(["event", "-a", "--out", "sample.json"], { cwd: folder.path });
  // Root reads and writes everywhere: a link in a circle stands for a folder that cannot be looked at.
  await symlink("circle", join(folder.path, "circle"));
});
afterAll(() => folder[Symbol.asyncDispose]());

const run = (args: string[], env: Record<string, string> = {}) => runCli(args, { cwd: folder.path, env });

/** Passes every check, and then does not work. */
async function ffmpegThat(name: string, work: string): Promise<string> {
  const path = join(folder.path, `ffmpeg-${name}`);
  const script = `#!/bin/sh\ncase "$*" in *-progress*) ${work};; esac\nexec '${testFfmpeg}' "$@"\n`;
  await writeFile(path, script, { mode: 0o755 });
  return path;
}

const clip = (changes: Record<string, string | undefined>, ...more: string[]): string[] => {
  const options = { recordings: "recordings", camera: "harbour", start: after(0), end: after(1000), ...changes };
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  return ["clip", ...given, ...more];
};

const cases: [name: string, args: string[], message: string | RegExp][] = [
  ["an unknown command", ["clop"], "Did you mean clip?"],
  ["an unknown option", clip({}, "--jsn"), "Did you mean --json?"],
  [
    "a mistyped option that is missing for it",
    clip({ recordings: undefined }, "--recodings", "recordings"),
    /unknown option '--recodings'\n\(Did you mean --recordings\?\)/,
  ],
  ["help about an unknown command", ["help", "clop"], "unknown command 'clop'\n(Did you mean clip?)"],
  ["a missing option", clip({ end: undefined }), "say how long it is: --end TIME, or --duration 45s"],
  ["a missing folder", clip({ recordings: "nowhere" }), 'there is no folder "nowhere"'],
  [
    "a file instead of a folder",
    clip({ recordings: "words.txt" }),
    '"words.txt" is a file: name the folder that it is in, "."',
  ],
  ["an empty folder", clip({ recordings: "empty" }), "no recordings (*.mp4) in empty"],
  [
    "an unknown camera",
    clip({ camera: "habour" }),
    'no recordings of camera "habour" in recordings; it holds: harbour',
  ],
  ["a camera with a slash", clip({ camera: "../harbour" }), "letters, digits"],
  ["a clip id of 10 kB", clip({ "clip-id": "x".repeat(10_000) }), "1 to 128 letters"],
  ["an end before the start", clip({ end: after(-1000) }), "are they swapped?"],
  [
    "a coverage that ends before it starts",
    ["coverage", "--recordings", "recordings", "--camera", "harbour", "--start", after(1000), "--end", after(0)],
    "are they swapped?",
  ],
  ["a word as time", clip({ start: "yesterday" }), "2018-10-31T02:52:00.051Z"],
  ["a time in seconds", clip({ start: "1540954320" }), "look like seconds"],
  ["an unknown gap policy", clip({ "gap-policy": "SKIP" }), "SKIP_GAPS, FILL_WITH_BLACK, HOLD_LAST_FRAME, REJECT"],
  [
    "starts of a missing file",
    clip({ starts: `a.mp4=${after(0)}` }),
    '--starts names "a.mp4", which is not in recordings',
  ],
  ["no sample", ["event"], "--not-available"],
  ["two samples", ["event", "-a", "-t"], "cannot be used with"],
  ["an event file in a missing folder", ["event", "-a", "--out", "no/event.json"], "cannot write no/event.json"],
  [
    "a missing event",
    ["invoke"],
    'cannot read event.json: there is no such file; make a sample with "camclips event -a"',
  ],
  ["a file that is no event", ["invoke", "words.txt"], "expected"],
  ["an event without records", ["invoke", "no-records.json"], "no-records.json is no SQS event"],
  ["a stage without settings", ["invoke", "--stage", "moon"], "there is no .env.moon here"],
  ["an unknown stage of the pipeline", ["redrive", "rendr-clip", "--stage", "moon"], 'no stage "rendr-clip"'],
  [
    "an unknown stage of the pipeline to replay from",
    ["replay", "--from", after(0), "--to", after(1000), "--only", "rendr-clip", "--stage", "moon"],
    'no stage "rendr-clip"',
  ],
  [
    "a state folder that cannot be read",
    ["timeline", "some", "--state", "circle"],
    "cannot read the state folder circle",
  ],
  ["an unknown clip", ["timeline", "nothing", "--state", "empty"], "empty knows no clip nothing"],
  ...["clips", "groups", "dead-letters", "timeline", "logs"].map((name): (typeof cases)[number] => [
    `a state folder that is not there, to ${name}`,
    [name, "--state", "nowhere"],
    "there is no folder nowhere; --state says where commands kept their state",
  ]),
  ["a wait for one clip's replay", ["replay", "--clip", "x", "--wait"], "--wait is for a replay of the archive"],
];

describe.concurrent("bad input on the command line", () => {
  it("a deployed stage without a region is told with exit code 2, and what to set", async () => {
    const env = {
      AWS_REGION: "",
      AWS_DEFAULT_REGION: "",
      AWS_CONFIG_FILE: "none",
      AWS_SHARED_CREDENTIALS_FILE: "none",
    };
    const { code, stderr } = await run(["timeline", "--stage", "moon"], env);
    expect(stderr).toContain("no AWS region: set AWS_REGION, or one in your AWS profile");
    expect(code).toBe(2);
  });

  it.each(cases)("%s is told with exit code 2 and nothing on stdout", async (_, args, message) => {
    const { code, stdout, stderr } = await run(args);
    if (typeof message === "string") expect(stderr).toContain(message);
    else expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it("says how to get ffmpeg when there is none", async () => {
    const { code, stderr } = await run(clip({}), { FFMPEG_BIN: "/nowhere/ffmpeg" });
    expect(code).toBe(2);
    expect(stderr).toBe(
      'camclips: FFMPEG_BIN="/nowhere/ffmpeg" is not there. Install ffmpeg 5.1 or newer (apt-get install -y ffmpeg, brew install ffmpeg), or set FFMPEG_BIN to the path of one\n',
    );
  });

  it("lists every bad setting at once", async () => {
    const { code, stderr } = await run(clip({}), { VIDEO_MAX_LEN: "long", THUMBNAIL_SIZES: "-1" });
    expect(code).toBe(2);
    expect(stderr).toContain("2 bad settings");
    expect(stderr).toContain('VIDEO_MAX_LEN="long"');
    expect(stderr).toContain('THUMBNAIL_SIZES="-1"');
  });

  it("names a misspelt setting and what was meant, in files and in the environment, and does what it was asked", async () => {
    await writeFile(join(folder.path, ".env.typo"), "VIDEO_MAX_LENGHT=5\nSQS_WAIT=3\nHTTP_PROXY=\n");
    const invoke = [
      "invoke",
      "sample.json",
      "--camera-service",
      "fake",
      "--stage",
      "typo",
      "--state",
      "typo",
      "--json",
    ];
    const { code, stdout, stderr } = await run(invoke, { SQS_TIMOUT: "30" });
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ status: "CLIP_AVAILABLE" }]);
    const told = stderr.split("\n").filter((line) => line.includes("is no setting"));
    expect(told).toEqual([
      "camclips: SQS_TIMOUT is no setting: did you mean SQS_TIMEOUT?",
      'camclips: .env.typo: SQS_WAIT is no setting; they are listed in README.md, "Settings"',
      "camclips: .env.typo: VIDEO_MAX_LENGHT is no setting: did you mean VIDEO_MAX_LEN?",
    ]);
  });

  it("takes no program for ffmpeg that is none, before any work", async () => {
    const invoke = ["invoke", "sample.json", "--camera-service", "fake", "--state", "no-state"];
    for (const args of [clip({ state: "no-state" }), ["demo", "--state", "no-state"], invoke]) {
      const { code, stdout, stderr } = await run(args, { FFMPEG_BIN: "/bin/true" });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain('FFMPEG_BIN="/bin/true" is no ffmpeg: it prints nothing. Install ffmpeg 5.1');
    }
    expect(await readdir(folder.path)).not.toContain("no-state");
  });

  it("shows the help of every command by its name", async () => {
    const [all, one] = await Promise.all([run(["help"]), run(["help", "clip"])]);
    expect(all).toMatchObject({ code: 0, stdout: expect.stringContaining("Usage: camclips [options] [command]") });
    expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining("Usage: camclips clip [options]") });
  });

  it.each([
    ["clip --out", clip({ out: "words.txt", state: "no-state" }), '--out "words.txt"'],
    ["clip --out in a file", clip({ out: "words.txt/in", state: "no-state" }), '--out "words.txt/in"'],
    ["demo --out", ["demo", "--out", "words.txt", "--state", "no-state"], '--out "words.txt"'],
    [
      "the destination of invoke",
      ["invoke", "sample.json", "--camera-service", "fake", "--state", "no-state"],
      'the destination "./words.txt"',
    ],
  ])("refuses a folder of results that cannot be written into before any work: %s", async (_, args, named) => {
    const { code, stdout, stderr } = await run(args, { S3_BUCKET_DESTINATION: "./words.txt" });
    expect(stderr).toContain(`cannot write into ${named}: there is a file where a folder should be`);
    expect(stderr).toContain("or name a folder that you may write into");
    expect(stdout).toBe("");
    expect(code).toBe(2);
    expect(await readdir(folder.path)).not.toContain("no-state");
  });

  it("refuses results whose camera's folder cannot be written into", async () => {
    await mkdir(join(folder.path, "half"));
    await writeFile(join(folder.path, "half", "harbour"), "");
    const { code, stderr } = await run(clip({ out: "half" }));
    expect(code).toBe(2);
    expect(stderr).toContain('cannot write into --out "half": there is a file where a folder should be (');
  });

  it("names the folder that it may not write to", async () => {
    await writeFile(join(folder.path, "taken"), "");
    const { code, stderr } = await run(clip({ state: "taken" }));
    expect(code).toBe(2);
    expect(stderr).toContain('cannot write into --state "taken": there is a file where a folder should be');
  });

  it("says that the disk is full when ffmpeg finds it so", async () => {
    const full = await ffmpegThat("full", "echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 1");
    const { code, stderr } = await run(["demo", "--state", "full-state", "--out", "full-out"], { FFMPEG_BIN: full });
    expect(stderr).toMatch(/camclips: the disk is full; free some space and run the same command again.*\n$/);
    expect(code).toBe(2);
  });

  it("blames an ffmpeg that breaks at work, not the recording", async () => {
    const broken = await ffmpegThat("broken", "echo 'error while loading shared libraries: libx264' >&2; exit 127");
    const { code, stdout } = await run(clip({ precision: "exact", state: "broken-state" }, "--json"), {
      FFMPEG_BIN: broken,
    });
    expect(JSON.parse(stdout)).toMatchObject({ status: "FATAL_ERROR", reason: "INTERNAL" });
    expect(code).toBe(3);
  });

  it("says that the installation is incomplete, where a package is missing", async () => {
    await mkdir(join(folder.path, "half-installed"));
    const main = join(folder.path, "half-installed", "main.ts");
    await copyFile(new URL("./main.ts", import.meta.url), main);
    const { stderr } = await promisify(execFile)(process.execPath, [main]).catch((error) => error);
    expect(stderr).toMatch(/^camclips: the installation is not complete \(.*cli\.ts.*\): run npm ci again\n$/);
  });
});
