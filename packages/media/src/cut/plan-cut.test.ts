import { makeRecording, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileSource } from "../../../mp4/src/io/file-source.ts";
import { firstTrack, type Movie, type Track } from "../../../mp4/src/read/movie.ts";
import { readMovie } from "../../../mp4/src/read/read-movie.ts";
import type { SampleDescription } from "../../../mp4/src/read/sample-description.ts";
import { emptyTable, sampleBudget } from "../../../mp4/src/read/sample-table.ts";
import type { Piece } from "../timeline/timeline.ts";
import type { CutPlan } from "./cut-plan.ts";
import { planCut } from "./plan-cut.ts";
import { planFast } from "./plan-fast.ts";

let scratch: Scratch;
let model: Track;
let hevcDescription: SampleDescription;

beforeAll(async () => {
  scratch = await scratchFolder();
  await using source = await fileSource(await makeRecording(scratch.path("a.mp4"), { seconds: 0.2, audio: false }));
  const track = firstTrack(await readMovie(source), "vide");
  if (!track) throw new Error("no video");
  model = track;
  const output = ["-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1"];
  const path = await makeRecording(scratch.path("b.mp4"), { seconds: 0.2, audio: false, output });
  await using other = await fileSource(path);
  hevcDescription = firstTrack(await readMovie(other), "vide")?.descriptions[0] as SampleDescription;
});
afterAll(() => scratch[Symbol.asyncDispose]());

/** A recording at 25 frames per second whose frames are stored in this order, by their place in presentation. */
function recording(order: number[], sync: number[] = [0], change: Partial<Track> = {}): Movie {
  const samples = emptyTable(order.length, sampleBudget());
  order.forEach((place, i) => {
    samples.dts[i] = i * 512;
    samples.duration[i] = 512;
    samples.compositionOffset[i] = (place - i) * 512;
    samples.sync[i] = sync.includes(i) ? 1 : 0;
  });
  const edit = { shift: 0, from: 0, to: Number.POSITIVE_INFINITY };
  const track = { ...model, timescale: 12_800, samples, edit, ...change };
  return { timescale: 1000, fragmented: false, tracks: [track] };
}

/** The frames `first` to `last` of a source, by their place in presentation. */
function part(source: number, first: number, last: number, atFrame = 0): Piece {
  const at = (frame: number) => frame / 25;
  const cuts = {
    firstSeconds: at(first),
    lastSeconds: at(last),
    inSeconds: at(first - 0.5),
    outSeconds: at(last + 0.5),
  };
  const slotSeconds = at(last + 1 - first);
  return {
    source,
    cuts,
    heardSeconds: cuts.firstSeconds,
    outSeconds: at(atFrame),
    slotSeconds,
    joinsNext: true,
    fill: { frames: 0, kind: "hold", outSeconds: at(atFrame + last + 1 - first) },
  };
}

function request(...parts: Piece[]) {
  return { parts, leadFrames: 0, durationSeconds: parts.reduce((sum, { slotSeconds }) => sum + slotSeconds, 0) };
}

/** `copy 3-9` are samples, `encode 1,2` frames by their place in presentation. */
function inWords(plan: CutPlan | { way: "exact"; why: string }): string[] | string {
  if (plan.way === "exact") return plan.why;
  return plan.segments.map((segment) =>
    segment.kind === "copy"
      ? `copy ${segment.first}-${segment.last}${segment.leading ? ` without ${segment.leading}` : ""}`
      : `encode ${segment.frameSeconds.map((seconds) => Math.round(seconds * 25)).join(",")}`,
  );
}

const straight = Array.from({ length: 20 }, (_, i) => i);
/** Keyframes at 0 and 10, two B-frames before each P-frame. */
const withB = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 10, 13, 11, 12, 16, 14, 15, 19, 17, 18];

describe("planCut", () => {
  it("encodes up to the first entry and copies the rest", () => {
    const plan = planCut(request(part(0, 7, 15)), [recording(straight, [0, 10])], [10]);
    expect(inWords(plan)).toEqual(["encode 7,8,9", "copy 10-15"]);
    expect(plan).toMatchObject({ copiedFrames: 6, encodedFrames: 3, encoder: { profile: "high", spsId: 1 } });
  });

  it.each([
    [10, 19, ["copy 10-19"]],
    [10, 18, ["copy 10-16", "encode 17,18"]],
    [10, 17, ["copy 10-16", "encode 17"]],
    [10, 16, ["copy 10-16"]],
    [10, 11, ["copy 10-10", "encode 11"]],
    [9, 10, ["encode 9", "copy 10-10"]],
    [8, 14, ["encode 8,9", "copy 10-13", "encode 14"]],
  ])("with B-frames, copies only what is complete: frames %i to %i", (first, last, segments) => {
    expect(inWords(planCut(request(part(0, first, last)), [recording(withB, [0, 10])], [10]))).toEqual(segments);
  });

  it("leaves out what leads a keyframe of HEVC, and encodes it", () => {
    const open = [0, 1, 2, 3, 4, 7, 5, 6, 10, 8, 9];
    const hevc = recording(open, [0, 5], { descriptions: [hevcDescription] });
    const plan = planCut({ ...request(part(0, 4, 10)), codec: "source" }, [hevc], [5]);
    expect(inWords(plan)).toEqual(["encode 4,5,6", "copy 5-10 without 2"]);
    expect(plan).toMatchObject({ copiedFrames: 4, encodedFrames: 3, encoder: { codec: "hevc" } });
    const alone = planCut({ ...request(part(0, 4, 8)), codec: "source" }, [hevc], [5]);
    expect(inWords(alone)).toEqual(["encode 4,5,6", "copy 5-7 without 2", "encode 8"]);
    const fast = planFast({ ...request(part(0, 7, 10)), codec: "source" }, [hevc], [5], 5);
    expect(inWords(fast)).toEqual(["copy 5-10 without 2"]);
  });

  it("says of HEVC that it can be copied, where it was not asked for", () => {
    const hevc = recording(straight, [0], { descriptions: [hevcDescription] });
    expect(inWords(planCut(request(part(0, 0, 5)), [hevc], [0]))).toContain('codec "source" copies it');
  });

  it("cuts encoded frames out between frames, and knows where they stand in the clip", () => {
    const plan = planCut(request(part(0, 8, 14)), [recording(withB, [0, 10])], [10]) as CutPlan;
    const [head, , tail] = plan.segments;
    expect(head).toMatchObject({ inSeconds: 7.5 / 25, outSeconds: 9.5 / 25, offsetSeconds: -8 / 25 });
    expect(tail).toMatchObject({ inSeconds: 13.5 / 25, outSeconds: 14.5 / 25 });
  });

  it("encodes the whole part of a source without an entry, when another one has", () => {
    const movies = [recording(straight, [0, 10]), recording(straight)];
    const plan = planCut(request(part(0, 10, 19), part(1, 3, 5, 10)), movies, [10, -1]);
    expect(inWords(plan)).toEqual(["copy 10-19", "encode 3,4,5"]);
  });

  it("gives way where nothing could be copied, or a gap has to be black", () => {
    expect(inWords(planCut(request(part(0, 3, 5)), [recording(straight)], [-1]))).toContain("no keyframe");
    const black = { ...part(0, 0, 5), fill: { frames: 3, kind: "black" as const, outSeconds: 0.2 } };
    expect(inWords(planCut(request(black), [recording(straight)], [0]))).toContain("filled with black");
    const held = { ...part(0, 0, 5), fill: { frames: 9, kind: "hold" as const, outSeconds: 0.2 } };
    expect(inWords(planCut(request(held), [recording(straight)], [0]))).toContain("stands to the end");
    expect(inWords(planCut({ ...request(part(0, 0, 5)), leadFrames: 2 }, [recording(straight)], [0]))).toContain(
      "black",
    );
  });

  it("gives way where time stamps cannot be trusted", () => {
    const twice = recording([0, 1, 2, 2, 4, 5]);
    expect(inWords(planCut(request(part(0, 0, 5)), [twice], [0]))).toBe("two frames have the same time stamp");
    const still = recording(straight);
    still.tracks[0]?.samples.dts.fill(0);
    expect(inWords(planCut(request(part(0, 0, 5)), [still], [0]))).toBe("its time stamps do not rise");
    const edit = { shift: -700, from: 0, to: Number.POSITIVE_INFINITY };
    const within = recording(straight, [0], { edit });
    expect(inWords(planCut(request(part(0, 2, 5)), [within], [2]))).toBe("its edit list starts within a frame");
  });
});

describe("planFast", () => {
  it("hides what lies before the start and after the end", () => {
    const plan = planFast(request(part(0, 12, 17)), [recording(withB, [0, 10])], [-1], 10);
    expect(inWords(plan)).toEqual(["copy 10-18"]);
    expect(plan).toMatchObject({ way: "fast", encodedFrames: 0, copiedFrames: 6 });
  });

  it("joins recordings whose parts end complete and start with a keyframe", () => {
    const movies = [recording(withB, [0, 10]), recording(withB, [0, 10])];
    expect(inWords(planFast(request(part(0, 12, 19), part(1, 0, 5, 8)), movies, [-1, 0], 10))).toEqual([
      "copy 10-19",
      "copy 0-6",
    ]);
    const late = planFast(request(part(0, 12, 19), part(1, 2, 5, 8)), movies, [-1, 10], 10);
    expect(inWords(late)).toBe("a recording continues between two keyframes");
    const early = planFast(request(part(0, 12, 17), part(1, 0, 5, 6)), movies, [-1, 0], 10);
    expect(inWords(early)).toBe("a recording ends between frames that need each other");
  });
});
