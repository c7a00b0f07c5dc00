import { makeRecording, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ByteSource } from "../io/byte-source.ts";
import { fileSource } from "../io/file-source.ts";
import { firstTrack, presentationSeconds, presentedRange, type Track } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { sliceRecording } from "../slice/slice-recording.ts";
import type { MuxSample, MuxTrack } from "./mux-track.ts";
import { writeMovie } from "./write-movie.ts";

let scratch: Scratch;
let video: Track;

beforeAll(async () => {
  scratch = await scratchFolder();
  await using source = await fileSource(await makeRecording(scratch.path("a.mp4"), { seconds: 1 }));
  const track = firstTrack(await readMovie(source), "vide");
  if (!track) throw new Error("no video");
  video = track;
});
afterAll(() => scratch[Symbol.asyncDispose]());

/** A file of any size that holds zeros. */
function zeros(size: number): ByteSource {
  const read = async (start: number, end: number) => new Uint8Array(end - start);
  return {
    size,
    read,
    stream: async function* (start, end) {
      yield new Uint8Array(end - start);
    },
  };
}

function samples(count: number, sample: Partial<MuxSample>): MuxSample[] {
  const size = sample.size ?? 10;
  const duration = sample.duration ?? 512;
  const common = { source: zeros(2 ** 50), duration, compositionOffset: 0, description: 0, sync: true, size };
  return Array.from({ length: count }, (_, i) => ({ ...common, offset: i * size, dts: i * duration, ...sample }));
}

function trackOf(list: MuxSample[], change: Partial<MuxTrack> = {}): MuxTrack {
  const edit = { shift: 0, from: 0, to: Number.POSITIVE_INFINITY };
  return { ...video, descriptions: video.descriptions.map(({ entry }) => entry), samples: list, edit, ...change };
}

/** Reads back a file of which only the header was made. */
async function headerOf(tracks: MuxTrack[]) {
  const muxed = writeMovie(tracks, { order: "time", creationTimeMs: Date.UTC(2024, 0, 2) });
  const { value: header } = await muxed.chunks().next();
  if (!header) throw new Error("no header");
  const read = async (start: number, end: number) => {
    const bytes = new Uint8Array(end - start);
    bytes.set(header.subarray(start, end).subarray(0, Math.max(0, header.length - start)));
    return bytes;
  };
  const movie = await readMovie({ ...zeros(muxed.bytes), read });
  const track = firstTrack(movie, "vide");
  if (!track) throw new Error("no video");
  return { movie, track, header, bytes: muxed.bytes };
}

describe("writeMovie", () => {
  it("writes 64-bit offsets when the file is larger than 4 GB", async () => {
    const { track, header, bytes } = await headerOf([trackOf(samples(6, { size: 2 ** 30 }))]);
    expect(Buffer.from(header).includes("co64")).toBe(true);
    expect(bytes).toBe(header.length + 6 * 2 ** 30);
    expect([...track.samples.offset]).toEqual([0, 1, 2, 3, 4, 5].map((i) => header.length + i * 2 ** 30));
  });

  it("writes 64-bit times when 32 bits are too few", async () => {
    const { movie, track } = await headerOf([trackOf(samples(10, { duration: 2 ** 30 }))]);
    expect(presentedRange(track)?.endSeconds).toBeCloseTo((10 * 2 ** 30) / track.timescale, 3);
    expect(movie.creationTimeMs).toBe(Date.UTC(2024, 0, 2));
  });

  it("never writes negative composition offsets, and shows every sample at its time", async () => {
    const list = samples(4, {}).map((sample, i) => ({ ...sample, compositionOffset: [0, 1024, -512, -512][i] ?? 0 }));
    const { track } = await headerOf([trackOf(list)]);
    expect(Math.min(...track.samples.compositionOffset)).toBe(0);
    const ticks = [0, 1, 2, 3].map((i) => presentationSeconds(track, i) * track.timescale);
    expect(ticks).toEqual([0, 1536, 512, 1024]);
  });

  it("delays a track that starts late with an empty edit", async () => {
    const late = { shift: 12_800, from: 12_800, to: Number.POSITIVE_INFINITY };
    const { track } = await headerOf([trackOf(samples(3, {}), { edit: late })]);
    expect(presentedRange(track)?.startSeconds).toBe(1);
  });

  it("refuses a track without samples", () => {
    expect(() => writeMovie([trackOf([])], { order: "time" })).toThrow("no samples");
  });

  it("keeps several sample descriptions apart, also in a slice", async () => {
    const [entry] = trackOf([]).descriptions;
    const other = Buffer.from(entry ?? []);
    other.writeUInt16BE(640, 32);
    const list = samples(20, { source: zeros(1000) }).map((sample, i) => ({ ...sample, description: i < 10 ? 0 : 1 }));
    const muxed = writeMovie([trackOf(list, { descriptions: [entry ?? other, other] })], { order: "time" });
    const whole = await collect(muxed.chunks());
    const slice = await sliceRecording(whole, "two", { fromSeconds: 0.2, toSeconds: 0.6 });
    const sliced = firstTrack(await readMovie(await collect(slice.chunks())), "vide");
    expect(sliced?.descriptions.map(({ video: shape }) => shape?.width)).toEqual([160, 640]);
    expect([...(sliced?.samples.description ?? [])]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
  });
});

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<ByteSource> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk.slice());
  const bytes = Buffer.concat(list);
  return {
    size: bytes.length,
    read: async (a, b) => bytes.subarray(a, b),
    stream: async function* (a, b) {
      yield bytes.subarray(a, b);
    },
  };
}
