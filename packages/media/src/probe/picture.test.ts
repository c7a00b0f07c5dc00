import { describe, expect, it } from "vitest";
import { clipPicture, fitFilters, sampleAspectText } from "./picture.ts";
import type { VideoProbe } from "./probe.ts";

const video = (width: number, height: number, sampleAspect = 1) => ({
  codec: "h264",
  width,
  height,
  sampleAspect,
  times: [],
});

describe("the picture of a clip", () => {
  it("has even sides", () =>
    expect(clipPicture(video(1279, 719))).toMatchObject({ width: 1280, height: 720, sampleAspect: 1 }));

  it("keeps a source that fits as it is", () => {
    const picture = clipPicture(video(704, 576, 16 / 11));
    expect(fitFilters(video(704, 576, 16 / 11), picture)).toEqual([
      ...["scale=704:576", "setsar=16/11", "format=yuv420p"],
      "setparams=range=unknown:colorspace=unknown:color_primaries=unknown:color_trc=unknown",
    ]);
  });

  it("puts bars beside a narrower and above a wider source", () => {
    const picture = clipPicture(video(1920, 1080));
    expect(fitFilters(video(640, 480), picture)).toContain("scale=1440:1080");
    expect(fitFilters(video(640, 480), picture)).toContain("pad=1920:1080:-1:-1");
    expect(fitFilters(video(2560, 1080), picture)).toContain("scale=1920:810");
    expect(fitFilters(video(1280, 720), picture)).toContain("scale=1920:1080");
  });

  it("says which colour frames have, and are given, where recordings differ", () => {
    const coloured = (matrix: string, range = "tv", width = 640) => ({
      ...video(width, (width * 9) / 16),
      colour: { range, matrix, primaries: "bt709", transfer: "bt709" },
    });
    const scaleOf = (source: VideoProbe, first: VideoProbe) => fitFilters(source, clipPicture(first))[0];
    const hd = coloured("bt709");
    expect(scaleOf(hd, hd)).toBe("scale=640:360");
    expect(scaleOf(coloured("bt470bg"), coloured("smpte170m"))).toBe("scale=640:360");
    const from601 = "scale=640:360:in_color_matrix=smpte170m:out_color_matrix=bt709";
    expect(scaleOf(coloured("smpte170m"), hd)).toBe(from601);
    expect(scaleOf(coloured("unknown"), hd)).toBe(from601);
    expect(scaleOf(coloured("unknown", "tv", 1280), coloured("unknown"))).toBe("scale=640:360");
    expect(scaleOf(coloured("bt709", "pc"), hd)).toBe("scale=640:360:in_range=pc:out_range=tv");
    expect(scaleOf(coloured("bt709", "tv", 1280), hd)).toBe(
      "scale=640:360:in_color_matrix=bt709:out_color_matrix=bt709",
    );
    expect(fitFilters(hd, clipPicture(coloured("smpte170m"))).at(-1)).toBe(
      "setparams=range=tv:colorspace=smpte170m:color_primaries=bt709:color_trc=bt709",
    );
  });

  it("writes sample aspects as fractions", () => {
    expect([1, 4 / 3, 16 / 11, 0.5625].map(sampleAspectText)).toEqual(["1/1", "4/3", "16/11", "9/16"]);
  });
});
