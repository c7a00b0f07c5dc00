import { expect, it } from "vitest";
import { colourIn } from "./colour.ts";

const logOf = (pictures: string) => `[info] Input #0, mov, from 'a.mp4':
[info]   Stream #0:0: Video: png, rgb24(pc, bt709), 16x16 [SAR 1:1 DAR 1:1]
[info] Output #0, framecrc, to 'pipe:1':
[info]   Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), ${pictures}, 640x360 [SAR 1:1 DAR 16:9], 10 kb/s`;

it.each([
  ["yuv420p", "unknown", "unknown", "unknown", "unknown"],
  ["yuv420p(progressive)", "unknown", "unknown", "unknown", "unknown"],
  ["yuv420p(bt709, progressive)", "unknown", "bt709", "bt709", "bt709"],
  ["yuvj420p(pc, bt470bg/unknown/unknown)", "pc", "bt470bg", "unknown", "unknown"],
  ["yuv420p10le(10 bpc, tv, bt2020nc/bt2020/arib-std-b67)", "tv", "bt2020nc", "bt2020", "arib-std-b67"],
  ["yuv420p(tv, smpte170m, top coded first (swapped))", "tv", "smpte170m", "smpte170m", "smpte170m"],
  ["yuv420p(tv, reserved/bt709/reserved)", "tv", "unknown", "bt709", "unknown"],
  ["gbrp(pc, gbr/bt709/iec61966-2-1, progressive)", "pc", "smpte170m", "bt709", "iec61966-2-1"],
])("reads the colour out of what ffmpeg says of %s", (pictures, range, matrix, primaries, transfer) => {
  expect(colourIn(logOf(pictures))).toEqual({ range, matrix, primaries, transfer });
});
