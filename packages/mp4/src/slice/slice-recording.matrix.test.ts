import { writeFile } from "node:fs/promises";
import {
  counted,
  decodeComplaints,
  demuxedPackets,
  type Frame,
  ffmpeg,
  makeRecording,
  type Scratch,
  scratchFolder,
  shownFrames,
} from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OutsideMediaError } from "../errors.ts";
import { fileSource } from "../io/file-source.ts";
import { firstTrack } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { sliceRecording } from "./slice-recording.ts";

const FRAGMENTS = "frag_keyframe+empty_moov+default_base_moof";
const REMUXES: Record<string, string[]> = {
  "moov first": ["-c", "copy", "-movflags", "+faststart"],
  "fragmented with mfra": ["-c", "copy", "-movflags", FRAGMENTS],
  "fragmented with sidx": ["-c", "copy", "-movflags", `${FRAGMENTS}+global_sidx`],
  "fragmented without an index": ["-c", "copy", "-movflags", `${FRAGMENTS}+skip_trailer`],
  "fragmented with a sidx in each fragment": ["-c", "copy", "-movflags", "dash+frag_keyframe+skip_trailer"],
  "first fragment in moov": ["-c", "copy", "-movflags", "frag_keyframe"],
  "fragments without base-is-moof": ["-c", "copy", "-movflags", "frag_keyframe+empty_moov"],
  "one fragment per track": ["-c", "copy", "-movflags", `${FRAGMENTS}+separate_moof`],
  "negative composition offsets": ["-c", "copy", "-movflags", "+negative_cts_offsets"],
  "without audio": ["-c", "copy", "-an"],
};

let scratch: Scratch;
const path = (name: string) => scratch.path(`${name}.mp4`);
const frames = new Map<string, Promise<Frame[]>>();

async function framesOf(name: string): Promise<Frame[]> {
  const known = frames.get(name) ?? shownFrames(path(name));
  frames.set(name, known);
  return known;
}

beforeAll(async () => {
  scratch = await scratchFolder();
  await makeRecording(path("moov last"), { seconds: 8 });
  await makeRecording(path("open GOP"), {
    x264: "keyint=25:min-keyint=25:scenecut=0:bframes=3:b-pyramid=normal:open-gop=1",
  });
  await makeRecording(path("VFR"), { output: ["-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "vfr"] });
  await makeRecording(path("29.97"), { fps: "30000/1001", seconds: 8 });
  await makeRecording(path("HEVC in moov"), {
    output: ["-c:v", "libx265", "-x265-params", "log-level=none:keyint=25"],
  });
  for (const [name, flags] of Object.entries(REMUXES)) await ffmpeg("-i", path("moov last"), ...flags, path(name));
  await makeRecording(path("long GOP"), { seconds: 8, x264: "keyint=250:min-keyint=250:scenecut=0:bframes=2" });
  const short = ["-movflags", "empty_moov+default_base_moof", "-frag_duration", "500000"];
  await ffmpeg("-i", path("long GOP"), "-c", "copy", ...short, path("fragments within a GOP"));
  await ffmpeg("-itsoffset", "0.48", "-i", path("moov last"), "-c", "copy", path("media starts at 0.48 s"));
  // On a frame's edge: where an edit starts within a frame, ffmpeg moves the timeline, against ISO/IEC 14496-12.
  await ffmpeg("-ss", "1.52", "-i", path("moov last"), "-c", "copy", path("hidden frames at the start"));
});
afterAll(() => scratch[Symbol.asyncDispose]());

async function sliceFile(name: string, fromSeconds: number, toSeconds: number) {
  await using file = await fileSource(path(name));
  const source = counted(file);
  const slice = await sliceRecording(source, name, { fromSeconds, toSeconds });
  const chunks: Uint8Array[] = [];
  for await (const chunk of slice.chunks()) chunks.push(chunk.slice());
  const bytes = Buffer.concat(chunks);
  const output = scratch.path("slice.mp4");
  await writeFile(output, bytes);
  return { slice, bytes, output, traffic: source.traffic, size: file.size };
}

const within = (frame: Frame, from: number, to: number) =>
  frame.seconds >= from - 0.0005 && frame.seconds < to - 0.0005;
const rounded = (list: Frame[]) => list.map((frame) => `${frame.seconds.toFixed(4)} ${frame.hash}`);

async function expectSameFrames(name: string, from: number, to: number): Promise<void> {
  const { slice, output, bytes } = await sliceFile(name, from, to);
  const whole = await framesOf(name);
  const sliced = (await shownFrames(output)).map(({ seconds, hash }) => ({
    seconds: seconds + slice.zeroSeconds,
    hash,
  }));
  const wanted = whole.filter((frame) => within(frame, from, to));
  expect(wanted.length).toBeGreaterThan(0);
  expect(rounded(sliced.filter((frame) => within(frame, from, to)))).toEqual(rounded(wanted));
  expect(bytes.length).toBe(slice.bytes);
  expect(slice.method).toBe("sliced");
  expect(slice.media?.startSeconds).toBeCloseTo(whole[0]?.seconds ?? -1, 4);
}

describe("sliceRecording", () => {
  const kinds = ["moov last", "open GOP", "VFR", "29.97", "HEVC in moov", ...Object.keys(REMUXES)];
  it.each([...kinds, "fragments within a GOP", "media starts at 0.48 s", "hidden frames at the start"])(
    "keeps exactly the asked frames: %s",
    async (name) => {
      await expectSameFrames(name, 2.2, 3.4);
      await expectSameFrames(name, 0, 0.6);
    },
  );

  it.each(["moov last", "open GOP", "first fragment in moov", "one fragment per track"])(
    "can begin with the recording: %s",
    (name) => expectSameFrames(name, 0, 0.6),
  );

  it("starts at a keyframe that is the first frame, also when the start is rounded up", async () => {
    const { slice } = await sliceFile("moov last", 2.0004, 3);
    expect(slice.zeroSeconds).toBe(2);
    expect((await sliceFile("moov last", 2.001, 3)).slice.zeroSeconds).toBe(2);
    expect((await sliceFile("moov last", 1.999, 3)).slice.zeroSeconds).toBe(2);
    expect((await sliceFile("moov last", 1.96, 3)).slice.zeroSeconds).toBe(1);
  });

  it("presents the keyframe at 0 and begins audio one packet earlier", async () => {
    const { slice, output } = await sliceFile("moov last", 4.5, 6);
    const [video] = await demuxedPackets(output);
    const audio = await demuxedPackets(output, "a:0");
    const original = await demuxedPackets(path("moov last"), "a:0");
    expect([slice.zeroSeconds, video?.pts]).toEqual([4, 0]);
    expect(audio[0]?.pts).toBeGreaterThan(-0.05);
    expect(audio[0]?.pts).toBeLessThan(-0.02);
    const shifts = audio.map((packet) => original.find((other) => Math.abs(other.pts - packet.pts - 4) < 2e-5)?.size);
    expect(shifts).toEqual(audio.map((packet) => packet.size));
    expect(await decodeComplaints(output)).toBe("");
  });

  it("reads little: index, then one range", async () => {
    for (const [name, most] of [
      ["moov first", 2],
      ["moov last", 3],
      ["fragmented with sidx", 4],
      ["fragmented with mfra", 5],
    ] as const) {
      const { traffic } = await sliceFile(name, 2.2, 3.4);
      expect({ name, requests: traffic.reads.length + traffic.streams.length }).toEqual({
        name,
        requests: expect.toSatisfy((n: number) => n <= most),
      });
    }
  });

  it("finds its way in a fragmented recording without an index, with few requests", async () => {
    const fragments = [...FRAGMENTS.split("+"), "skip_trailer"].join("+");
    await makeRecording(path("long"), { seconds: 240, fps: "5", x264: "keyint=5:scenecut=0:bframes=2", audio: false });
    await ffmpeg("-i", path("long"), "-c", "copy", "-movflags", fragments, path("long bare"));
    const { slice, traffic } = await sliceFile("long bare", 150.5, 152);
    expect(slice.zeroSeconds).toBeCloseTo(150, 0);
    expect(traffic.reads.length + traffic.streams.length).toBeLessThan(60);
    await expectSameFrames("long bare", 200.5, 202);
  });

  it("says how much video there is, whatever the container claims", async () => {
    expect((await sliceFile("moov last", 7, 9)).slice.media).toEqual({ startSeconds: 0, endSeconds: 8 });
    expect((await sliceFile("media starts at 0.48 s", 0, 1)).slice.media).toEqual({
      startSeconds: 0.48,
      endSeconds: 8.48,
    });
    for (const name of kinds.filter((kind) => kind.startsWith("frag"))) {
      const media = (await sliceFile(name, 5, 6)).slice.media;
      expect({ name, length: (media?.endSeconds ?? 0) - (media?.startSeconds ?? 0) }).toEqual({ name, length: 8 });
    }
  });

  it.each(["moov last", ...Object.keys(REMUXES).filter((kind) => kind !== "without audio")])(
    "says where the timeline begins, wherever the range lies: %s",
    async (name) => {
      const [[video], [audio]] = await Promise.all([framesOf(name), demuxedPackets(path(name), "a:0")]);
      for (const [from, to] of [
        [0, 1],
        [5, 6],
      ] as const) {
        const { starts } = (await sliceFile(name, from, to)).slice;
        expect(starts?.videoSeconds).toBeCloseTo(video?.seconds ?? -1, 4);
        // Packets that an edit list hides are among them.
        expect(starts?.firstSeconds).toBeLessThanOrEqual((video?.seconds ?? 0) + 1e-4);
        expect(starts?.firstSeconds).toBeGreaterThanOrEqual((audio?.pts ?? 0) - 1e-4);
      }
    },
  );

  it("refuses a range without frames, and says where there are some", async () => {
    const outside = await sliceFile("moov last", 8, 9).catch((error: unknown) => error);
    expect(outside).toBeInstanceOf(OutsideMediaError);
    expect(outside).toMatchObject({ media: { startSeconds: 0, endSeconds: 8 } });
    await expect(sliceFile("fragmented with sidx", 20, 30)).rejects.toThrow(OutsideMediaError);
  });

  it("stops when it is aborted, before and while samples are read", async () => {
    await using source = await fileSource(path("moov last"));
    const range = { fromSeconds: 0, toSeconds: 8 };
    const early = sliceRecording(source, "a", range, AbortSignal.abort(new Error("enough")));
    await expect(early).rejects.toThrow("enough");
    const slice = await sliceRecording(source, "a", range);
    const abort = new AbortController();
    const chunks = slice.chunks(abort.signal)[Symbol.asyncIterator]();
    await chunks.next();
    abort.abort(new Error("enough"));
    await expect(chunks.next()).rejects.toThrow("enough");
  });

  it("keeps rotation, sample aspect and the creation time", async () => {
    const tags = ["-metadata:s:v", "rotate=90", "-metadata", "creation_time=2024-05-06T07:08:09Z", "-aspect", "4:3"];
    await ffmpeg("-i", path("moov last"), "-c", "copy", ...tags, path("turned"));
    const { output } = await sliceFile("turned", 1, 2);
    await using file = await fileSource(output);
    await using original = await fileSource(path("turned"));
    const [movie, before] = [await readMovie(file), await readMovie(original)];
    expect(movie.creationTimeMs).toBe(Date.parse("2024-05-06T07:08:09Z"));
    const [after, source] = [firstTrack(movie, "vide"), firstTrack(before, "vide")];
    expect(after?.rotation).toBe(source?.rotation);
    expect(after?.descriptions[0]?.video?.sampleAspect).toEqual([3, 4]);
    expect(after?.displayWidth).toBe(source?.displayWidth);
  });
});
