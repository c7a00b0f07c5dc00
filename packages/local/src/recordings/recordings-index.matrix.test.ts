import { appendFile, copyFile, mkdir, open, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Interval } from "@camclips/events";
import { makeRecording } from "@camclips/media/synthetic";
import { parseConfig, rootsOf } from "@camclips/recordings";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { type TestFolder, testFolder, until } from "@camclips/testing/folders";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StateFile } from "../sqlite/state-file.ts";
import { RecordingsIndex } from "./recordings-index.ts";

const START = Date.UTC(2026, 0, 1, 13, 5);
const RULES = { JOIN_TOLERANCE_MS: 1000, RECORDING_MAX_LEN: 600 };

let samples: TestFolder;
const plain = () => join(samples.path, "plain.mp4");
const fragmented = () => join(samples.path, "fragmented.mp4");

/** Two seconds each. */
beforeAll(async () => {
  samples = await testFolder();
  const options = { startMs: START, seconds: 2, gop: 25, ffmpeg: testFfmpeg };
  await makeRecording({ ...options, path: plain() });
  await makeRecording({ ...options, path: fragmented(), container: "fragmented-bare" });
});
afterAll(() => samples[Symbol.asyncDispose]());

const nameAt = (seconds: number) =>
  `${new Date(START + seconds * 1000).toISOString().slice(0, 19).replaceAll(":", "-")}.mp4`;

/** An old recording, unless `written` says how long ago it was written. */
async function put(source: string, path: string, writtenMs = Date.now() - 3600_000): Promise<void> {
  await copyFile(source, path);
  await utimes(path, new Date(writtenMs), new Date(writtenMs));
}

async function setUp(config = "recordings: [{ folder: nvr, layout: shinobi }]") {
  const folder = await testFolder();
  const camera = join(folder.path, "nvr", "pier");
  await mkdir(camera, { recursive: true });
  const file = new StateFile(":memory:");
  const arrived: [string, Interval][] = [];
  const errors: unknown[] = [];
  const index = new RecordingsIndex({
    file,
    roots: rootsOf(parseConfig(config, join(folder.path, "camclips.config.yaml"))),
    rules: RULES,
    rescanSeconds: 3600,
    onFootage: (...footage) => arrived.push(footage),
    onError: (error) => errors.push(error),
  });
  return {
    folder: folder.path,
    camera,
    index,
    arrived,
    errors,
    coverage: () => index.coverage("pier", [START - 10_000, START + 60_000], 1000),
    spans: () =>
      index
        .coverage("pier", [START - 10_000, START + 60_000], 1000)
        .spans.map(({ startMs, endMs }) => [startMs - START, endMs - START]),
    complete: () => until(() => index.progress().complete),
    async [Symbol.asyncDispose]() {
      await index.stop();
      file[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe("the index of recordings", () => {
  it("finds what is there, joins what follows each other, and tells what the video is like", async () => {
    await using world = await setUp();
    for (const seconds of [0, 2, 10]) await put(plain(), join(world.camera, nameAt(seconds)));
    await writeFile(join(world.camera, "notes.txt"), "");
    await writeFile(join(world.camera, "holiday.mp4"), "");
    world.index.start();
    await world.complete();
    expect(world.coverage()).toEqual({
      spans: [
        { startMs: START, endMs: START + 4000, format: "avc1", width: 160, height: 90, fps: 25 },
        { startMs: START + 10_000, endMs: START + 12_000, format: "avc1", width: 160, height: 90, fps: 25 },
      ],
      gaps: [
        { startMs: START - 10_000, endMs: START, cause: "NOT_RECORDED" },
        { startMs: START + 4000, endMs: START + 10_000, cause: "NOT_RECORDED" },
        { startMs: START + 12_000, endMs: START + 60_000, cause: "NOT_RECORDED" },
      ],
    });
    expect(world.index.cameras()).toMatchObject([
      { camera: "pier", recordings: 3, firstMs: START, lastMs: START + 12_000 },
    ]);
    expect(world.index.problems()).toEqual([
      { path: join(world.camera, "holiday.mp4"), problem: "its name does not fit the layout shinobi" },
    ]);
    expect(world.index.at("pier", START + 3000)?.name).toBe(nameAt(2));
    expect(world.index.at("pier", START + 5000)).toBeUndefined();
    expect(world.errors).toEqual([]);
  });

  it("sees recordings that come, in new folders too, and that go", async () => {
    await using world = await setUp();
    world.index.start();
    await world.complete();
    await put(plain(), join(world.camera, nameAt(0)));
    await until(() => world.arrived.length > 0);
    expect(world.arrived).toEqual([["pier", [START, START + 2000]]]);
    const gate = join(world.folder, "nvr", "gate");
    await mkdir(gate);
    await put(plain(), join(gate, nameAt(0)));
    await until(() => world.index.hasCamera("gate"));

    await rm(join(world.camera, nameAt(0)));
    await until(() => world.spans().length === 0);
    expect(world.coverage().gaps[1]).toEqual({ startMs: START, endMs: START + 2000, cause: "SOURCE_DELETED" });
    await rm(gate, { recursive: true });
    await until(() => world.index.cameras().length === 0);
  });

  it("lists a fragmented recording while it grows, and a plain one once it is whole", async () => {
    await using world = await setUp();
    world.index.start();
    await world.complete();
    const bytes = await readFile(fragmented());
    // After the first of its fragments, which hold a second each.
    const part = bytes.indexOf("moof", bytes.indexOf("moof") + 4) - 4;
    const growing = join(world.camera, nameAt(0));
    await writeFile(growing, bytes.subarray(0, part));
    await until(() => world.arrived.length > 0);
    expect(world.spans()[0]?.[1]).toBeLessThan(2000);
    expect(world.coverage().spans[0]?.growing).toBe(true);
    expect(await world.index.listed("pier", START, START + 60_000)).toHaveLength(1);
    await appendFile(growing, bytes.subarray(part));
    await until(() => world.spans()[0]?.[1] === 2000);

    const whole = await readFile(plain());
    const other = join(world.camera, nameAt(10));
    await writeFile(other, whole.subarray(0, 2000));
    await until(() => world.index.hasCamera("pier") && world.index.cameras()[0]?.growing === 2);
    expect(await world.index.listed("pier", START, START + 60_000)).toHaveLength(1);
    await writeFile(other, whole);
    await until(() => world.spans().some(([from, to]) => from === 10_000 && to === 12_000));
    await until(() => world.index.cameras()[0]?.growing === 0);
  });

  it("lists damaged recordings with the reason, and takes them up when they are repaired", async () => {
    await using world = await setUp();
    const path = join(world.camera, nameAt(0));
    await put(plain(), path);
    await using file = await open(path, "r+");
    await file.truncate(1000);
    await utimes(path, new Date(START), new Date(START));
    world.index.start();
    await world.complete();
    expect(world.index.problems()).toEqual([
      { path, camera: "pier", startMs: START, problem: expect.stringContaining(nameAt(0)) },
    ]);
    expect(world.coverage().gaps).toContainEqual(expect.objectContaining({ startMs: START, cause: "CORRUPT_SOURCE" }));
    await put(plain(), path);
    await until(() => world.spans().length === 1);
    expect(world.index.problems()).toEqual([]);
  });

  it("keeps what it knows while a disk is away", async () => {
    await using world = await setUp();
    await put(plain(), join(world.camera, nameAt(0)));
    world.index.start();
    await world.complete();
    const root = join(world.folder, "nvr");
    await rename(root, join(world.folder, "away"));
    await world.index.rescan();
    expect(world.spans()).toEqual([[0, 2000]]);
    expect(world.index.problems()).toEqual([{ path: root, problem: "there is no such folder: is its disk mounted?" }]);
    // What a disk is mounted on is an empty folder.
    await mkdir(root);
    await world.index.rescan();
    expect(world.spans()).toEqual([[0, 2000]]);
    expect(world.index.problems()[0]?.problem).toContain("it is empty, but had recordings");
    await rm(root, { recursive: true });
    await rename(join(world.folder, "away"), root);
    await put(plain(), join(world.camera, nameAt(2)));
    await world.index.rescan();
    await until(() => world.spans()[0]?.[1] === 4000);
    expect(world.index.problems()).toEqual([]);
  });

  it("gives a file that fits two cameras to the first, and says so", async () => {
    await using world = await setUp(`
recordings: [{ folder: nvr, layout: shinobi }]
cameras: { gate: { folders: [{ folder: nvr/pier, layout: "%Y-%m-%dT%H-%M-%S" }] } }
`);
    await put(plain(), join(world.camera, nameAt(0)));
    world.index.start();
    await world.complete();
    expect(world.index.cameras().map(({ camera }) => camera)).toEqual(["pier"]);
    expect(world.index.problems()[0]?.problem).toBe("it fits gate as well; it counts as pier's");
  });

  it("takes none from folders of other roots, whose names are alike or that lie inside", async () => {
    const roots = ["nvr_1", "NVR-1", "nvr_1/.deep/other"];
    await using world = await setUp(
      `recordings: [${roots.map((root) => `{ folder: ${root}, layout: shinobi }`).join(", ")}]`,
    );
    for (const [index, root] of roots.entries()) {
      const camera = join(world.folder, root, `camera-${index}`);
      await mkdir(camera, { recursive: true });
      await put(plain(), join(camera, nameAt(0)));
    }
    world.index.start();
    await world.complete();
    await world.index.rescan();
    await world.complete();
    expect(world.index.cameras().map(({ recordings }) => recordings)).toEqual([1, 1, 1]);
    // None of them went and came again.
    expect(world.arrived).toHaveLength(3);
  });

  it("lists recordings that claim the same time, with both files", async () => {
    await using world = await setUp();
    const copies = join(world.folder, "nvr", "copies", "pier");
    await mkdir(copies, { recursive: true });
    const paths = [join(copies, nameAt(0)), join(world.camera, nameAt(0))];
    for (const path of [...paths, join(world.camera, nameAt(2))]) await put(plain(), path);
    world.index.start();
    await world.complete();
    const [overlap, ...others] = world.index.overlaps();
    expect(others).toEqual([]);
    expect(overlap).toMatchObject({ camera: "pier", startMs: START, endMs: START + 2000 });
    expect(overlap?.recordings.toSorted()).toEqual(paths.toSorted());
    const [first, second] = overlap?.recordings ?? [];
    expect(world.index.problems()).toEqual([
      {
        ...{ path: second, other: first, camera: "pier", startMs: START },
        problem: `overlaps ${first} by 2.0 s: clips show the one that started later`,
      },
    ]);
  });

  it("opens recordings by the keys that it lists, as they were when they were opened", async () => {
    await using world = await setUp();
    const path = join(world.camera, nameAt(0));
    await put(fragmented(), path);
    world.index.start();
    await world.complete();
    const [listed] = await world.index.listed("pier", START, START + 1000);
    const key = decodeURIComponent(listed?.recordingUrl.split("/").at(-1) ?? "");
    const opened = await world.index.origin.open(key);
    await appendFile(path, "more");
    expect(await opened?.read(4, 8)).toEqual(new TextEncoder().encode("ftyp"));
    await rename(path, `${path}.old`);
    await copyFile(plain(), path);
    await expect(opened?.read(4, 8)).rejects.toThrow("was replaced");
    expect(await world.index.origin.open("x@999")).toBeUndefined();
  });
});
