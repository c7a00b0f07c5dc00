import { describe, expect, it } from "vitest";
import { clipPicture, fitFilters, sampleAspectText } from "./picture.ts";

const video = (width: number, height: number, sampleAspect = 1) => ({
  codec: "h264",
  width,
  height,
  sampleAspect,
  times: [],
});

describe("the picture of a clip", () => {
  it("has even sides", () =>
    expect(clipPicture(video(1279, 719))).toEqual({ width: 1280, height: 720, sampleAspect: 1 }));

  it("keeps a source that fits as it is", () => {
    const picture = clipPicture(video(704, 576, 16 / 11));
    expect(fitFilters(video(704, 576, 16 / 11), picture)).toEqual(["scale=704:576", "setsar=16/11", "format=yuv420p"]);
  });

  it("puts bars beside a narrower and above a wider source", () => {
    const picture = clipPicture(video(1920, 1080));
    expect(fitFilters(video(640, 480), picture)).toContain("scale=1440:1080");
    expect(fitFilters(video(640, 480), picture)).toContain("pad=1920:1080:-1:-1");
    expect(fitFilters(video(2560, 1080), picture)).toContain("scale=1920:810");
    expect(fitFilters(video(1280, 720), picture)).toEqual(["scale=1920:1080", "setsar=1/1", "format=yuv420p"]);
  });

  it("writes sample aspects as fractions", () => {
    expect([1, 4 / 3, 16 / 11, 0.5625].map(sampleAspectText)).toEqual(["1/1", "4/3", "16/11", "9/16"]);
  });
});
