import { join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { probeMedia } from "../probe/probe.ts";
import { PIECES_AT_ONCE } from "./encode-groups.ts";

const shop = new Workshop();
afterAll(() => shop.clear());

const PAINTED = [200, 60, 30] as const;
/** The shares of red and blue in brightness (ITU-T H.273, table 4). */
const SHARES: Record<string, [red: number, blue: number]> = { bt709: [0.2126, 0.0722], smpte170m: [0.299, 0.114] };

type Kind = [matrix: string, range: "tv" | "pc", size?: string];
const hd: Kind = ["bt709", "tv"];
const sd: Kind = ["smpte170m", "tv"];
const full: Kind = ["bt709", "pc"];

/** A second of one colour, 10 frames. */
async function painted(name: string, index: number, [matrix, range, size = "160x90"]: Kind) {
  const path = join(await shop.folder, `${name} ${index}.mp4`);
  const [red, green, blue] = PAINTED.map((value) => value / 255) as [number, number, number];
  const [kr, kb] = SHARES[matrix] ?? [0, 0];
  const y = kr * red + (1 - kr - kb) * green + kb * blue;
  const [u, v] = [(blue - y) / 2 / (1 - kb), (red - y) / 2 / (1 - kr)];
  const numbers =
    range === "pc" ? [255 * y, 128 + 255 * u, 128 + 255 * v] : [16 + 219 * y, 128 + 224 * u, 128 + 224 * v];
  const [luma, cb, cr] = numbers.map(Math.round);
  const format = range === "pc" ? "yuvj420p" : "yuv420p";
  const source = ["-f", "lavfi", "-i", `color=size=${size}:rate=10:duration=1`];
  const filters = `format=${format},geq=lum=${luma}:cb=${cb}:cr=${cr}`;
  const tags = ["-colorspace", matrix, "-color_primaries", matrix, "-color_trc", matrix, "-color_range", range];
  const args = ["-y", ...source, "-vf", filters, "-c:v", "libx264", "-bf", "0", "-qp", "8", ...tags, path];
  await runFfmpeg({ ffmpeg: testFfmpeg, args });
  return { path, startMs: index * 1000, endMs: index * 1000 + 1000, fps: 10, frames: [] };
}

/** What a player shows in the middle of the first and of the last frame. */
async function shownIn(path: string) {
  const { video } = await probeMedia(path, { ffmpeg: testFfmpeg });
  const chunks: Uint8Array[] = [];
  const args = ["-i", path, "-vf", "crop=2:2", "-f", "rawvideo", "pipe:1"];
  await runFfmpeg({ ffmpeg: testFfmpeg, args, onOutput: (chunk) => void chunks.push(chunk) });
  const pixels = Buffer.concat(chunks);
  const { colour } = video;
  const rgbOf = (frame: Uint8Array) => {
    const [luma = 0, cb = 0, cr = 0] = [frame[0], frame[4], frame[5]];
    const isFull = colour?.range === "pc";
    const y = isFull ? luma : ((luma - 16) * 255) / 219;
    const [u, v] = [cb - 128, cr - 128].map((value) => (isFull ? value : (value * 255) / 224)) as [number, number];
    const [kr, kb] = SHARES[colour?.matrix ?? ""] ?? [0, 0];
    const [red, blue] = [y + 2 * (1 - kr) * v, y + 2 * (1 - kb) * u];
    return [red, (y - kr * red - kb * blue) / (1 - kr - kb), blue];
  };
  return { colour, frames: pixels.length / 6, shown: [rgbOf(pixels.subarray(0, 6)), rgbOf(pixels.subarray(-6))] };
}

it.each<[string, Kind[]]>([
  ["of BT.709, then BT.601", [hd, sd]],
  ["of BT.601, then BT.709", [sd, hd]],
  ["of full range", [full, full]],
  ["of full range, then limited and BT.601", [full, sd]],
  ["of limited range, then full", [sd, full]],
  ["of BT.709 in two sizes", [hd, ["bt709", "tv", "320x180"]]],
  ["of another matrix behind the twelfth", [...Array<Kind>(PIECES_AT_ONCE).fill(hd), sd]],
])("an exact clip out of recordings %s has their colours, as the first one tells them", async (name, kinds) => {
  const recordings = [];
  for (const [index, kind] of kinds.entries()) recordings.push(await painted(name, index, kind));
  const { path } = await shop.render(jobOf(recordings, 500, kinds.length * 1000));
  const { colour, frames, shown } = await shownIn(path);
  const [matrix, range] = kinds[0] ?? hd;
  expect(colour).toEqual({ range, matrix, primaries: matrix, transfer: matrix });
  expect(frames).toBe(kinds.length * 10 - 5);
  for (const rgb of shown)
    for (const [i, value] of PAINTED.entries()) expect(Math.abs((rgb[i] ?? 0) - value)).toBeLessThan(7);
});
