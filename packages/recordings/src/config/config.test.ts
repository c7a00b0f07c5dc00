import { describe, expect, it } from "vitest";
import { rootsOf } from "../roots.ts";
import { ConfigError, parseConfig } from "./read-config.ts";
import { configJsonSchema } from "./schema.ts";
import { suggestConfig } from "./suggest-config.ts";

const parse = (text: string) => parseConfig(text, "/site/camclips.config.yaml");

function problemsOf(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("a configuration", () => {
  it("has paths relative to its file, and defaults", () => {
    const config = parse("recordings: [{ folder: nvr, layout: frigate }]\nsettings: { THUMBNAIL_SIZES: [300, 640] }");
    expect(config).toMatchObject({
      recordings: [{ folder: "/site/nvr", layout: "frigate", zone: "UTC", ignore: [] }],
      clips: "/site/clips",
      state: "/site/.camclips/service",
      listen: "127.0.0.1:8420",
      settings: { THUMBNAIL_SIZES: "300 640" },
    });
  });

  it("with five mistakes is refused with all of them, each with its line", () => {
    const problems = problemsOf(`
recordings:
  - folder: nvr
    layout: mediamtxx
    zone: Europe/Pariss
cameras:
  a/b: {}
  pier: { clockAheadMs: fast }
listen: everywhere
setings: {}
settings: { VIDEO_MAX_LEN: long }
`);
    expect(problems).toEqual([
      expect.stringMatching(
        /^line 4, recordings\.0\.layout: there is no layout "mediamtxx"; there are camclips, mediamtx/,
      ),
      expect.stringMatching(/^line 5, recordings\.0\.zone: is no time zone/),
      expect.stringMatching(/^line 7, cameras\.a\/b: /),
      expect.stringMatching(/^line 8, cameras\.pier\.clockAheadMs: /),
      expect.stringMatching(/^line 9, listen: must be HOST:PORT/),
      expect.stringMatching(/^line 11, settings\.VIDEO_MAX_LEN: must be a whole number of seconds/),
      expect.stringMatching(/Unrecognized key: "setings"/),
    ]);
  });

  it("that names no folder, has no camera in a shared folder, or two for one name, is refused", () => {
    expect(problemsOf("")).toEqual(["recordings: names no folder"]);
    expect(problemsOf("recordings: [{ folder: x, layout: '%Y%m%d%H%M' }]")[0]).toContain("has no {camera}");
    expect(
      problemsOf("recordings: [{ folder: x }]\ncameras: { a: { recordedAs: [c] }, b: { recordedAs: [c] } }"),
    ).toEqual(['line 2, cameras.b.recordedAs: "c" is what recordings of a are called, too']);
    expect(problemsOf("recordings: [{ folder: x }]\nlisten: 0.0.0.0:80")[0]).toContain("others can reach this address");
    expect(problemsOf("recordings: [{ folder: x }]\nlisten: '[::1]:80'")).toEqual([]);
    expect(problemsOf("recordings: [{")[0]).toMatch(/line 1/);
  });

  it("is described by a JSON Schema for editors", () => {
    expect(configJsonSchema()).toMatchObject({
      type: "object",
      additionalProperties: false,
      properties: { listen: { type: "string", default: "127.0.0.1:8420" } },
    });
  });

  it("that init suggests is valid, and says what it found", () => {
    const recognised = { layout: "mediamtx" as const, cameras: ["pier"], others: [] };
    const text = suggestConfig({ folder: "./rec", recognised, sample: undefined, zone: "Europe/Paris" });
    expect(parse(text).recordings).toMatchObject([{ folder: "/site/rec", layout: "mediamtx", zone: "Europe/Paris" }]);
    expect(text).toContain('#  "pier":');
    const unknown = suggestConfig({ folder: ".", recognised: undefined, sample: "a_1.mp4", zone: "UTC" });
    expect(parse(unknown).recordings[0]?.layout).toBe("{camera}/%Y-%m-%d_%H-%M-%S");
    expect(unknown).toContain("a_1.mp4");
  });
});

describe("the folders of a configuration", () => {
  const AT = Date.UTC(2026, 0, 1, 13, 5, 10);

  it("say whose a file is and when it starts, by the camera's own zone and clock", () => {
    const [root] = rootsOf(
      parse(`
recordings: [{ folder: x, layout: shinobi, zone: Europe/Paris, ignore: ["**/old/**"] }]
cameras:
  pier: { recordedAs: [cam7], clockAheadMs: 1500 }
  gate: { zone: America/New_York }
`),
    );
    expect(root?.locate("cam7/2026-01-01T14-05-10.mp4")).toEqual({ camera: "pier", startMs: AT - 1500 });
    expect(root?.locate("gate/2026-01-01T08-05-10.mp4")).toEqual({ camera: "gate", startMs: AT });
    expect(root?.locate("other/2026-01-01T14-05-10.mp4")).toEqual({ camera: "other", startMs: AT });
    expect(root?.locate("g/old/other/2026-01-01T14-05-10.mp4")).toBeUndefined();
    expect(root?.locate("other/.2026-01-01T14-05-10.mp4")).toBeUndefined();
    expect(root?.locate("other/notes.txt")).toBeUndefined();
    expect(root?.locate("other/film.mp4")).toEqual({ problem: "its name does not fit the layout shinobi" });
  });

  it("serve listed cameras alone when told so, and folders of one camera", () => {
    const [shared, own] = rootsOf(
      parse(`
onlyListed: true
recordings: [{ folder: x, layout: shinobi }]
cameras: { pier: { folders: [{ folder: y, layout: "%Y%m%d/%H%M%S" }] } }
`),
    );
    expect(shared?.locate("gate/2026-01-01T13-05-10.mp4")).toEqual({
      problem: "it is of camera gate, which is not listed",
    });
    expect(own?.folder).toBe("/site/y");
    expect(own?.locate("20260101/130510.mp4")).toEqual({ camera: "pier", startMs: AT });
  });
});
