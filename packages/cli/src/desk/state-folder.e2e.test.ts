import { join } from "node:path";
import { readSettings, toEnvelope } from "@camclips/events";
import { createFolderStore, createLogFile, LocalRuntime, STATE_FILE, StateFile } from "@camclips/local";
import { runCli } from "@camclips/testing/cli/run-cli";
import { type TestFolder, testFolder } from "@camclips/testing/folders";
import { sampleEvent } from "@camclips/testing/sample-events";
import { fakeMedia } from "@camclips/testing/stage-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: TestFolder;
let state: string;

/** Leaves a clip that waits for its footage, one that is told as too long, and dead letters, as `camclips invoke` would. */
beforeAll(async () => {
  folder = await testFolder();
  state = join(folder.path, ".camclips", "invoke");
  const runtime = new LocalRuntime({
    root: state,
    settings: readSettings({
      CAM_SERVICES_URL: "http://x",
      RECORDINGS_URL: "http://x",
      CLIP_URL: "http://x",
      S3_BUCKET_ORIGIN: "x",
    }),
    origin: createFolderStore(join(folder.path, "origin")),
    destination: createFolderStore(join(folder.path, "destination")),
    destinationBucket: "clips",
    media: fakeMedia(),
    log: createLogFile(state),
    cameras: { alias: async () => "pier", recordings: async () => [], putClip: async () => {} },
  });
  await runtime.start();
  const now = Date.now();
  const ask = (clipId: string, seconds: number) =>
    runtime.request(
      JSON.stringify({ clipId, cameraId: "cam", startTimestampInMs: now - seconds * 1000, endTimestampInMs: now }),
    );
  await ask("waits", 10);
  await ask("long", 4000);
  await runtime.idle();
  await runtime.stop();
  using file = new StateFile(join(state, STATE_FILE));
  const letters = [
    ["render-clip", JSON.stringify(toEnvelope(sampleEvent("SourcesDownloaded"))), "Error: out of memory"],
    ["accept-request", "hello", "UnreadableRequestError: the message is neither"],
  ] as const;
  await file.write((transaction) => {
    for (const letter of letters)
      transaction.run(
        "INSERT INTO dead_letters (queue, body, sent_ms, receives, error) VALUES (?, ?, ?, 4, ?)",
        ...[letter[0], letter[1], now - 60_000, letter[2]],
      );
  });
});
afterAll(() => folder[Symbol.asyncDispose]());

const camclips = (...args: string[]) => runCli(args, { cwd: folder.path });

describe("camclips cancel, in a state folder", () => {
  it("cancels what waits, and says why it does not cancel the rest", async () => {
    const { code, stdout, stderr } = await camclips("cancel", "waits", "long", "nobody");
    expect(stdout).toBe("waits  cancelled\n");
    expect(stderr).toContain("camclips: long  not cancelled: it is CLIP_TOO_LONG already\n");
    expect(stderr).toContain("camclips: nobody  .camclips knows no such clip");
    expect(code).toBe(2);
    const { stdout: listed } = await camclips("clips", "cancelled");
    expect(listed).toMatch(/^cancelled +\d+ s {2}waits {2}cam {2}\S+ 10 s {2}CLIP_CANCELLED CANCELLED\n$/);
  });

  it("does it once more, and speaks JSON", async () => {
    const { code, stdout } = await camclips("cancel", "waits", "--json");
    expect([code, JSON.parse(stdout)]).toEqual([0, [{ clipId: "waits", kind: "cancelled" }]]);
  });
});

describe("camclips dead-letters, in a state folder", () => {
  it("shows whose they are, and the error", async () => {
    const { code, stdout } = await camclips("dead-letters");
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^accept-request +\d+ s {2}\? {2}- {2}unreadable {2}UnreadableRequestError: /),
      expect.stringMatching(/^render-clip +\d+ s {2}\S+ {2}- {2}SourcesDownloaded {2}Error: out of memory$/),
      "",
    ]);
  });

  it("shows those of one function, as JSON", async () => {
    const { stdout } = await camclips("dead-letters", "render-clip", "--json");
    expect(JSON.parse(stdout)).toMatchObject([{ function: "render-clip", error: "Error: out of memory" }]);
    expect((await camclips("dead-letters", "schedules")).stderr).toBe("no dead letters\n");
    const wrong = await camclips("dead-letters", "rendr");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('no dead letters of "rendr"')]);
  });
});

describe("camclips logs, in a state folder", () => {
  it("shows what was logged of a clip", async () => {
    const { code, stdout } = await camclips("logs", "long");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\S+Z {2}INFO {3}accept-request {5}long {2}stage done: RequestAccepted \(\d+ ms\)$/m);
    expect(stdout).toMatch(/locate-sources {5}long {2}stage done: ClipRejected/);
    expect(stdout).not.toContain("waits");
  });

  it("shows what is new and grave enough, and speaks JSON", async () => {
    const { stdout } = await camclips("logs", "--since", "1d", "--json");
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(lines.map(({ clipId }) => clipId))).toEqual(new Set(["waits", "long"]));
    for (const args of [
      ["--level", "error"],
      ["--since", "0s"],
    ])
      expect(await camclips("logs", ...args)).toMatchObject({ code: 0, stdout: "", stderr: "no such lines\n" });
  });
});

describe("what is sent again, in a state folder", () => {
  const messages = () => {
    using file = new StateFile(join(state, STATE_FILE), { readOnly: true });
    return file.read.rows("SELECT queue, body FROM messages WHERE queue IN ('render-clip', 'locate-sources')");
  };

  it("are dead letters, as runs of their own: first looked at, then sent", async () => {
    const dry = await camclips("redrive", "render-clip", "--dry-run");
    expect(dry.stdout).toMatch(/^\S+\n1 would be sent back to render-clip\n$/);
    expect(messages()).toEqual([]);
    const { code, stdout, stderr } = await camclips("redrive", "render-clip");
    expect([code, stdout], stderr).toEqual([0, "1 sent back to render-clip\n"]);
    expect(messages().map(({ queue, body }) => [queue, String(body).includes('"id":"redrive-')])).toEqual([
      ["render-clip", true],
    ]);
    expect((await camclips("dead-letters", "render-clip")).stderr).toBe("no dead letters\n");
    expect((await camclips("redrive", "schedule-retry")).stderr).toContain("camclips replay --clip CLIP_ID --notify\n");
  });

  it("is a clip, out of its own history", async () => {
    const { code, stderr } = await camclips("replay", "--clip", "long");
    expect(code, stderr).toBe(0);
    const replayed = messages().filter(({ queue }) => queue === "locate-sources");
    expect(replayed.map(({ body }) => String(body))).toEqual([expect.stringMatching(/"notify":false/)]);
    expect((await camclips("replay", "--clip", "nobody")).stderr).toContain(".camclips knows no clip nobody");
    expect((await camclips("replay", "--from", "2018-10-31")).stderr).toContain("this machine keeps no archive");
  });
});

it("camclips groups finds none in a state folder that an earlier version made", async () => {
  const file = new StateFile(join(state, STATE_FILE));
  await file.write((transaction) => transaction.run("DROP TABLE group_claims"));
  file[Symbol.dispose]();
  expect(await camclips("groups")).toMatchObject({ code: 0, stdout: "", stderr: "no such groups\n" });
});
