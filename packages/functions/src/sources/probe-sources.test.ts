import { appendFile, readFile, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { SourcesLocated } from "@camclips/events";
import { ffmpeg, makeRecording, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { deliver, eventOf, onlyOne, request, START, testWorld } from "@camclips/testing/stage-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { downloadSources } from "../stages/download-sources.ts";

const FRAGMENTED = "+frag_keyframe+empty_moov";

let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchFolder();
  await makeRecording(scratch.path("ten.mp4"), { seconds: 10, audio: false });
  const late = ["-itsoffset", "0.92", "-i", scratch.path("ten.mp4"), "-f", "lavfi", "-i", "sine=duration=10"];
  await ffmpeg(...late, "-c:v", "copy", "-c:a", "aac", scratch.path("late.mp4"));
  const fragments = ["-c", "copy", "-movflags", "+frag_keyframe+delay_moov+default_base_moof"];
  await ffmpeg("-copyts", "-i", scratch.path("late.mp4"), ...fragments, scratch.path("cut-off.mp4"));
  await truncate(scratch.path("cut-off.mp4"), Math.round((await stat(scratch.path("cut-off.mp4"))).size * 0.7));
  const away = "setpts='if(lt(N,100),N,N+500)/25/TB'";
  const encoder = ["-c:v", "libx264", "-bf", "0", "-g", "25", "-fps_mode", "passthrough", "-enc_time_base", "1:12800"];
  await ffmpeg("-i", scratch.path("ten.mp4"), "-vf", away, ...encoder, scratch.path("interrupted.mp4"));
});
afterAll(() => scratch[Symbol.asyncDispose]());

interface Listed {
  file: string;
  fromMs: number;
  toMs: number;
}

/** What is downloaded for a range, when the recordings claim these times, ms after the start. */
async function downloaded([first, ...others]: [Listed, ...Listed[]], fromMs: number, toMs: number) {
  await using world = await testWorld();
  const footageOf = async ({ file, fromMs, toMs }: Listed) => {
    const key = await world.record(START + fromMs, await readFile(scratch.path(file)));
    return { key, startMs: START + fromMs, endMs: START + toMs };
  };
  const main = await footageOf(first);
  const sources = [
    { ...main, fromMs: Math.max(main.startMs, START + fromMs), toMs: Math.min(main.endMs, START + toMs) },
  ];
  const rest = [];
  for (const other of others) rest.push(await footageOf(other));
  const range = request({ startMs: START + fromMs, endMs: START + toMs });
  const fact = SourcesLocated.happened({ request: range, alias: "pier", sources, others: rest, gaps: [] });
  const { data } = onlyOne("SourcesDownloaded", await deliver(downloadSources, eventOf(fact), world));
  const keys = [main.key, ...rest.map(({ key }) => key)];
  const parts = data.sources.map((part) => [keys.indexOf(part.originKey), part.fromMs - START, part.toMs - START]);
  return { parts, gaps: data.gaps.map((gap) => [gap.startMs - START, gap.endMs - START]) };
}

describe("what a recording claims gives way to what another one holds", () => {
  it.each([
    ["", "late.mp4"],
    [", though its end is not known", "cut-off.mp4"],
  ])("where its first frame comes late, and the one before goes on%s", async (_, file) => {
    const before = { file: "ten.mp4", fromMs: 0, toMs: 10_000 };
    const late = { file, fromMs: 8000, toMs: 18_000 };
    expect(await downloaded([before, late], 5000, 11_000)).toEqual({
      parts: [
        [0, 5000, 8920],
        [1, 8920, 11_000],
      ],
      gaps: [],
    });
  });

  it("also when the range begins before that frame, and behind the recording's claimed start", async () => {
    const before = { file: "ten.mp4", fromMs: 0, toMs: 10_000 };
    const late = { file: "late.mp4", fromMs: 8000, toMs: 18_000 };
    expect(await downloaded([before, late], 8400, 14_000)).toEqual({
      parts: [
        [0, 8400, 8920],
        [1, 8920, 14_000],
      ],
      gaps: [],
    });
  });

  it("but not where there is no other: its first frame is the clip's", async () => {
    const late = { file: "late.mp4", fromMs: 8000, toMs: 18_000 };
    expect(await downloaded([late], 8000, 14_000)).toEqual({ parts: [[0, 8000, 14_000]], gaps: [] });
  });

  const interrupted = { file: "interrupted.mp4", fromMs: 0, toMs: 30_000 };
  const within = { file: "ten.mp4", fromMs: 8000, toMs: 18_000 };

  it("where it was interrupted", async () => {
    expect(await downloaded([interrupted, within], 2000, 26_000)).toEqual({
      parts: [
        [0, 2000, 4000],
        [1, 8000, 18_000],
        [0, 24_000, 26_000],
      ],
      gaps: [
        [4000, 8000],
        [18_000, 24_000],
      ],
    });
  });

  it("also when all that is asked for lies in the interruption", async () => {
    expect(await downloaded([interrupted, within], 9000, 15_000)).toEqual({ parts: [[1, 9000, 15_000]], gaps: [] });
  });
});

describe("a recording that lies within what another one claims", () => {
  it("leaves the other one's frames on both sides of it, also where no frame begins before it", async () => {
    const interrupted = { file: "interrupted.mp4", fromMs: 0, toMs: 30_000 };
    const inner = { file: "ten.mp4", fromMs: 6000, toMs: 16_000 };
    expect(await downloaded([interrupted, inner], 4500, 26_000)).toEqual({
      parts: [
        [1, 6000, 16_000],
        [0, 16_000, 26_000],
      ],
      gaps: [[4500, 6000]],
    });
  });
});

describe("a recording that ends within what it announces", () => {
  const range = { startMs: START, endMs: START + 9000 };

  const MISSING = 0.15;

  /** Why footage is missing when a recorder has written so much more by a look at its file. */
  async function missing(grown: number, { byLook = 2, nowMs = START + 60_000 } = {}) {
    await ffmpeg("-i", scratch.path("ten.mp4"), "-c", "copy", "-movflags", FRAGMENTED, "-y", scratch.path("live.mp4"));
    const whole = await readFile(scratch.path("live.mp4"));
    const written = Math.round(whole.length * (1 - MISSING));
    await using world = await testWorld();
    world.nowMs = nowMs;
    const key = await world.record(START, whole.subarray(0, written));
    const { origin } = world.deps;
    let looks = 0;
    const growing: typeof origin = {
      ...origin,
      async open(...recording) {
        looks += 1;
        const more = whole.subarray(written, written + Math.round(whole.length * grown));
        if (looks === byLook) await appendFile(join(world.folder, "origin", key), more);
        return origin.open(...recording);
      },
    };
    const sources = [{ key, ...range, fromMs: range.startMs, toMs: range.endMs }];
    const fact = SourcesLocated.happened({ request: request(range), alias: "pier", sources, others: [], gaps: [] });
    const deps = { ...world.deps, origin: growing };
    const { data } = onlyOne("SourcesDownloaded", await deliver(downloadSources, eventOf(fact), { ...world, deps }));
    return data.gaps.map(({ cause }) => cause);
  }

  it("is looked into again while it grows: recorders announce frames before they write them", async () => {
    expect(await missing(MISSING)).toEqual([]);
  });

  it("is given more time where it was recorded just now", async () => {
    expect(await missing(MISSING, { byLook: 4, nowMs: START + 10_000 })).toEqual([]);
    expect(await missing(MISSING, { byLook: 4 })).toEqual(["CORRUPT_SOURCE"]);
  });

  it("is cut off when it does not grow", async () => {
    expect(await missing(0)).toEqual(["CORRUPT_SOURCE"]);
  });
});
