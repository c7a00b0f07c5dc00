import { describe, expect, it } from "vitest";
import { createPattern, patternProblem } from "./pattern.ts";
import { layouts } from "./presets.ts";
import { recogniseLayout } from "./recognise.ts";
import { createLayout } from "./recordings-layout.ts";
import type { StartHints } from "./wall-clock.ts";

const AT = Date.UTC(2026, 0, 1, 13, 5, 10);

/** Camera, and start where it is another than 13:05:10. */
const expected: Record<string, [camera: string, startMs?: number]> = {
  camclips: ["harbour", Date.UTC(2018, 9, 31, 2, 52, 0, 51)],
  mediamtx: ["harbour", AT + 123],
  zoneminder: ["3"],
  dahua: ["NVR_ch1"],
  unifi: ["Front Door", Date.UTC(2026, 0, 9, 13, 5, 10)],
  tesla: ["left_repeater"],
  "70mai": ["F"],
  thinkware: ["F"],
};

describe("the layouts of recorders", () => {
  it.each(Object.entries(layouts))("%s: its example is read, and its folder recognised", (name, { example }) => {
    const [camera, startMs] = expected[name] ?? ["harbour"];
    expect(createLayout(name).read(example, "UTC")).toMatchObject({ camera, startMs: startMs ?? AT });
    expect(recogniseLayout([example])).toMatchObject({ layout: name, cameras: [camera] });
  });

  it.each([
    ["reolink", "RecM01_20260101_130510_130540_0_abc.mp4", "M01"],
    ["dahua", "porch/2026-01-01/001/dav/13/13.05.10-13.05.40[M][0@0][0].mp4", "porch"],
    ["unifi", "Front Door - 1-1-2026, 13.05.10 GMT+1.mp4", "Front Door"],
    ["camclips", "any/folder/a.b.20260101T130510.mp4", "a.b"],
  ])("%s also names files %s", (name, path, camera) => {
    expect(createLayout(name).read(path, "UTC")).toMatchObject({ camera, startMs: AT });
  });

  it("read no file that is no video, and no time that no calendar has", () => {
    const { read } = createLayout("mediamtx");
    expect(read("harbour/2026-01-01_13-05-10-123456.jpg", "UTC")).toBeUndefined();
    expect(read("harbour/2026-02-31_13-05-10-123456.mp4", "UTC")).toBeUndefined();
    expect(read("harbour/2026-01-01_24-05-10-123456.mp4", "UTC")).toBeUndefined();
  });

  it("tell of a folder with several cameras all of them, and what they do not read", () => {
    const paths = ["a/2026-01-01T13-05-10.mp4", "b/2026-01-01T13-05-10.mp4", "b/notes.txt", "b/other.mp4"];
    expect(recogniseLayout(paths)).toEqual({ layout: "shinobi", cameras: ["a", "b"], others: ["b/other.mp4"] });
    expect(recogniseLayout(["holiday.mp4"])).toBeUndefined();
  });
});

describe("patterns", () => {
  it("read epoch seconds, days of the year, zones and halves of a day", () => {
    const read = (pattern: string, path: string) => createLayout(pattern).read(path, "Europe/Paris")?.startMs;
    expect(read("{camera}/%s", "a/1767272710.mp4")).toBe(AT);
    expect(read("{camera}_%Y%j_%H%M%S", "a_2026001_140510.mp4")).toBe(AT);
    expect(read("{camera}_%Y-%m-%dT%H%M%S%z", "a_2026-01-01T080510-0500.mp4")).toBe(AT);
    expect(read("{camera}_%Y-%m-%d %I.%M.%S %p", "a_2026-01-01 02.05.10 PM.mp4")).toBe(AT);
    expect(read("{camera}_%Y-%m-%d %I.%M.%S %p", "a_2026-01-01 13.05.10 PM.mp4")).toBeUndefined();
  });

  it("do not fit where a token that comes twice says two things", () => {
    const { read } = createPattern("%Y-%m-%d/{camera}/%Y-%m-%d_%H-%M-%S");
    expect(read("2026-01-01/a/2026-01-01_13-05-10.mp4")?.camera).toBe("a");
    expect(read("2026-01-02/a/2026-01-01_13-05-10.mp4")).toBeUndefined();
  });

  it("read files of every container that can be cut", () => {
    const { read } = createLayout("{camera}/%Y%m%dT%H%M");
    for (const ending of ["mp4", "m4s", "cmfv", "ts", "m2ts", "mkv", "MKV"])
      expect(read(`y/20260101T1305.${ending}`, "UTC")?.startMs).toBe(Date.UTC(2026, 0, 1, 13, 5));
  });

  it("read names of the contract with and without milliseconds, and with and without the word stream", () => {
    const { read } = createLayout("camclips");
    for (const name of ["pier.stream.20260101T130510000", "pier.stream.20260101T130510", "pier.20260101T130510000"])
      expect(read(`${name}.mp4`, "UTC")).toMatchObject({ camera: "pier", startMs: AT });
  });

  it("fit whole folders' names only", () => {
    const { read } = createPattern("{camera}/%Y%m%dT%H%M");
    expect(read("x/y/20260101T1305.mp4")).toMatchObject({ camera: "y", name: "y/20260101T1305.mp4" });
    expect(read("20260101T1305.mp4")).toBeUndefined();
  });

  it.each([
    ["%Y-%m-%d", "whole start"],
    ["{camera}/%H.%M.%S", "whole start"],
    ["%Q%Y%m%d%H%M", "no %Q"],
    ["{kamera}/%Y%m%d%H%M", "no {kamera}"],
    ["/rec/%Y%m%d%H%M", "neither starts"],
    ["%Y%m%d%H%M.mp4", "ending"],
  ])("%s is none, and the message says why", (pattern, why) => {
    expect(patternProblem(pattern)).toContain(why);
    expect(() => createLayout(pattern)).toThrow(why);
  });
});

describe("the wall clock of a zone", () => {
  const read = (name: string, writtenMs?: number) => hinted(name, { writtenMs });
  const hinted = (name: string, hints: StartHints) =>
    createLayout("{camera}_%Y%m%d_%H%M%S").read(`a_${name}.mp4`, "Europe/Paris", hints)?.startMs;
  const first = Date.UTC(2026, 9, 25, 0, 30);
  const second = first + 3600_000;

  it("takes the first of two instants, unless the file was written soon after the second", () => {
    expect(read("20261025_023000")).toBe(first);
    expect(read("20261025_023000", first + 600_000)).toBe(first);
    expect(read("20261025_023000", second + 600_000)).toBe(second);
    expect(read("20261025_023000", second + 86_400_000)).toBe(first);
    expect(read("20261025_013000", second)).toBe(first - 3600_000);
    expect(read("20261025_033000")).toBe(second + 3600_000);
  });

  it("takes the one that is nearest to its start by other means, within half an hour", () => {
    expect(hinted("20261025_023000", { startMs: first + 900_000 })).toBe(first);
    expect(hinted("20261025_023000", { startMs: second - 900_000 })).toBe(second);
    expect(hinted("20261025_023000", { startMs: second + 900_000 })).toBe(second);
    expect(hinted("20261025_023000", { startMs: second + 86_400_000 })).toBe(first);
  });

  it("goes on over the hour that is skipped", () => {
    expect(read("20260329_013000")).toBe(Date.UTC(2026, 2, 29, 0, 30));
    expect(read("20260329_023000")).toBe(Date.UTC(2026, 2, 29, 1, 30));
    expect(read("20260329_033000")).toBe(Date.UTC(2026, 2, 29, 1, 30));
  });
});
