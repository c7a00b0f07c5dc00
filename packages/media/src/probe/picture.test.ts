import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { describe, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
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

  it.each<[string, VideoProbe, VideoProbe, [number, number]]>([
    ["a source that fits as it is", video(704, 576, 16 / 11), video(704, 576, 16 / 11), [704, 576]],
    ["bars beside a narrower one", video(640, 480), video(1920, 1080), [1440, 1080]],
    ["bars above a wider one", video(2560, 1080), video(1920, 1080), [1920, 810]],
    ["none around a smaller one of the same shape", video(1280, 720), video(1920, 1080), [1920, 1080]],
    ["bars beside one of other pixels", video(240, 180, 4 / 3), video(640, 180), [320, 180]],
  ])("shows %s", async (_, source, first, [width, height]) => {
    const picture = clipPicture(first);
    const { width: columns } = picture;
    const white = `color=white:size=${source.width}x${source.height},setsar=${sampleAspectText(source.sampleAspect)}`;
    const graph = [white, ...fitFilters(source, picture), "extractplanes=y"].join(",");
    const chunks: Uint8Array[] = [];
    await runFfmpeg({
      ffmpeg: testFfmpeg,
      args: ["-f", "lavfi", "-i", graph, "-frames:v", "1", "-f", "rawvideo", "pipe:1"],
      onOutput: (chunk) => void chunks.push(chunk),
    });
    const luma = Buffer.concat(chunks);
    expect(luma).toHaveLength(columns * picture.height);
    const isWhite = (x: number, y: number) => (luma[y * columns + x] ?? 0) > 128;
    const [middleX, middleY] = [columns >> 1, picture.height >> 1];
    const across = Array.from({ length: columns }, (_, x) => isWhite(x, middleY));
    const down = Array.from({ length: picture.height }, (_, y) => isWhite(middleX, y));
    for (const [line, length] of [
      [across, width],
      [down, height],
    ] as const) {
      expect(line.filter(Boolean)).toHaveLength(length);
      expect(Math.abs(line.indexOf(true) - (line.length - length) / 2)).toBeLessThan(2);
    }
  });

  it("says which colour frames have, and are given, where recordings differ", () => {
    const coloured = (matrix: string, range = "tv", width = 640) => ({
      ...video(width, (width * 9) / 16),
      colour: { range, matrix, primaries: "bt709", transfer: "bt709" },
    });
    const scaleOf = (source: VideoProbe, first: VideoProbe) =>
      fitFilters(source, clipPicture(first))[0]?.replace(/^.*eval=frame:?/, "");
    const hd = coloured("bt709");
    expect(scaleOf(hd, hd)).toBe("");
    expect(scaleOf(coloured("bt470bg"), coloured("smpte170m"))).toBe("");
    const from601 = "in_color_matrix=smpte170m:out_color_matrix=bt709";
    expect(scaleOf(coloured("smpte170m"), hd)).toBe(from601);
    expect(scaleOf(coloured("unknown"), hd)).toBe(from601);
    expect(scaleOf(coloured("unknown", "tv", 1280), coloured("unknown"))).toBe("");
    expect(scaleOf(coloured("bt709", "pc"), hd)).toBe("in_range=pc:out_range=tv");
    expect(scaleOf(coloured("bt709", "tv", 1280), hd)).toBe("in_color_matrix=bt709:out_color_matrix=bt709");
    expect(fitFilters(hd, clipPicture(coloured("smpte170m"))).at(-1)).toBe(
      "setparams=range=tv:colorspace=smpte170m:color_primaries=bt709:color_trc=bt709",
    );
  });

  it("writes sample aspects as fractions", () => {
    expect([1, 4 / 3, 16 / 11, 0.5625].map(sampleAspectText)).toEqual(["1/1", "4/3", "16/11", "9/16"]);
  });
});
