import { describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import type { RenderJob } from "../media-engine.ts";
import type { MediaProbe } from "../probe/probe.ts";
import { planTimeline } from "./timeline.ts";

function source(times: number[]): MediaProbe {
  const video = { codec: "h264", width: 160, height: 90, sampleAspect: 1, times };
  return { video, audio: undefined, damaged: false };
}

function steady(count: number, fps = 25): number[] {
  return Array.from({ length: count }, (_, index) => index / fps);
}

function job(options: Partial<RenderJob>): RenderJob {
  return {
    sources: [{ path: "a.mp4", zeroMs: 0, fromMs: 0, toMs: 10_000 }],
    startMs: 0,
    endMs: 10_000,
    gapPolicy: "SKIP_GAPS",
    joinToleranceMs: 1000,
    precision: "exact",
    output: "clip.mp4",
    ...options,
  };
}

describe("planTimeline", () => {
  it("takes a frame that is half a millisecond early, and not one that is half a millisecond before the end", () => {
    const plan = planTimeline(job({ startMs: 1000.4, endMs: 2000.4 }), [source(steady(250))]);
    expect(plan?.expected).toHaveLength(25);
    expect(plan?.expected[0]?.wallMs).toBe(1000);
    expect(planTimeline(job({ startMs: 1000.6, endMs: 2000.6 }), [source(steady(250))])?.startErrorMs).toBeCloseTo(
      39.4,
    );
  });

  it("says how far the clip's frames reach beyond a range that ends between frames", () => {
    const plan = planTimeline(job({ startMs: 1010, endMs: 1990 }), [source(steady(250))]);
    expect(plan).toMatchObject({ startErrorMs: 30, endErrorMs: 10, gaps: [], durationSeconds: 0.96 });
    expect(plan?.delivered).toEqual([[1040, 1990]]);
  });

  it("parts a source where the camera stopped for longer than a join", () => {
    const times = [...steady(50), ...steady(50).map((time) => time + 5)];
    const plan = planTimeline(job({ endMs: 7000 }), [source(times)]);
    expect(plan?.gaps).toEqual([{ startMs: 2000, endMs: 5000, cause: "NOT_RECORDED" }]);
    expect(plan?.pieces.map(({ outSeconds, slotSeconds }) => [outSeconds, slotSeconds])).toEqual([
      [0, 2],
      [2, 2],
    ]);
    const filled = planTimeline(job({ endMs: 7000, gapPolicy: "HOLD_LAST_FRAME" }), [source(times)]);
    expect(filled?.expected.map(({ seconds }) => Math.round(seconds * 25))).toEqual(
      steady(175).map((t) => Math.round(t * 25)),
    );
  });

  it("tells where two or more frames are missing for less than a gap, in a recording and between two", () => {
    const without = (...numbers: number[]) => source(steady(100).filter((_, number) => !numbers.includes(number)));
    const heldIn = (...numbers: number[]) => planTimeline(job({ endMs: 4000 }), [without(...numbers)])?.held;
    expect(heldIn(50, 51)).toEqual([[2000, 2080]]);
    expect(heldIn(50)).toEqual([]);
    const sources = [0, 4300].map((zeroMs) => ({ path: "a.mp4", zeroMs, fromMs: zeroMs, toMs: zeroMs + 4300 }));
    const both = planTimeline(job({ sources, endMs: 8300 }), [source(steady(100)), source(steady(100))]);
    expect(both).toMatchObject({ held: [[4000, 4300]], gaps: [] });
    const uneven = steady(100).map((time, number) => time + 0.2 * Math.floor(number / 4));
    expect(planTimeline(job({ endMs: 8000 }), [source(uneven)])?.held).toEqual([]);
  });

  it("lets a frame stand for as long as there is audio: some cameras send none while nothing moves", () => {
    const times = [...steady(51), ...steady(50).map((time) => time + 6)];
    const heard = (until: number): MediaProbe => {
      return { ...source(times), audio: { sampleRate: 48_000, channels: 1, spans: [[0, until]] } };
    };
    const within = planTimeline(job({ endMs: 8000 }), [heard(8)]);
    expect(within).toMatchObject({ gaps: [], durationSeconds: 8, delivered: [[0, 8000]] });
    const until = planTimeline(job({ startMs: 1000, endMs: 4000 }), [heard(8)]);
    expect(until).toMatchObject({ gaps: [], durationSeconds: 3, endErrorMs: 0 });
    expect(planTimeline(job({ endMs: 8000 }), [heard(4)])?.gaps).toEqual([
      { startMs: 2040, endMs: 6000, cause: "NOT_RECORDED" },
    ]);
  });

  it("shows the frame that stands when the clip starts, and hears its audio from there", () => {
    const times = [...steady(51), ...steady(50).map((time) => time + 6)];
    const heard: MediaProbe = { ...source(times), audio: { sampleRate: 48_000, channels: 1, spans: [[0, 8]] } };
    const clip = planTimeline(job({ startMs: 3000, endMs: 7000 }), [heard]);
    expect(clip).toMatchObject({ gaps: [], startErrorMs: 0, durationSeconds: 4, delivered: [[3000, 7000]] });
    expect(clip?.expected.slice(0, 2).map(({ seconds }) => seconds)).toEqual([0, 3]);
    expect(clip?.pieces[0]).toMatchObject({ heardSeconds: 3, slotSeconds: 3, cuts: { firstSeconds: 2 } });
    const within = planTimeline(job({ startMs: 3000, endMs: 5000 }), [heard]);
    expect(within).toMatchObject({ gaps: [], durationSeconds: 2, endErrorMs: 0 });
    expect(within?.expected).toHaveLength(1);
    const silent = planTimeline(job({ startMs: 3000, endMs: 7000 }), [source(times)]);
    expect(silent?.gaps).toEqual([{ startMs: 3000, endMs: 6000, cause: "NOT_RECORDED" }]);
  });

  it("shows a frame that stands until another recording takes over, whose audio was cut there", () => {
    const heard: MediaProbe = { ...source(steady(51)), audio: { sampleRate: 48_000, channels: 1, spans: [[0, 4]] } };
    const sources = [
      { path: "a.mp4", zeroMs: 0, fromMs: 3000, toMs: 4000, lastFrameEndMs: 6000 },
      { path: "b.mp4", zeroMs: 4000, fromMs: 4000, toMs: 5000 },
    ];
    const plan = planTimeline(job({ sources, startMs: 3000, endMs: 5000 }), [heard, source(steady(25))]);
    expect(plan).toMatchObject({ gaps: [], startErrorMs: 0, durationSeconds: 2 });
  });

  it("never starts later than a join may take, also where a few frames far apart tell no rate", () => {
    const few = source([0, 0.2, 2.8, 3]);
    const heard: MediaProbe = { ...few, audio: { sampleRate: 48_000, channels: 1, spans: [[0, 3.2]] } };
    const plan = planTimeline(job({ startMs: 500, endMs: 3200 }), [heard]);
    expect(plan).toMatchObject({ gaps: [], startErrorMs: 0 });
    expect(plan?.expected.map(({ seconds }) => Math.round(seconds * 10))).toEqual([0, 23, 25]);
    const slow = planTimeline(job({ startMs: 2000, endMs: 12_000 }), [source([0, 5, 10, 15])]);
    expect(slow).toMatchObject({ gaps: [], startErrorMs: 0 });
  });

  it("shows a frame of one a second in a clip between it and the next, and else begins with the next", () => {
    const slow = source(steady(10, 1));
    expect(planTimeline(job({ startMs: 5100, endMs: 5900 }), [slow])).toMatchObject({ gaps: [], durationSeconds: 0.8 });
    expect(planTimeline(job({ startMs: 5100, endMs: 7900 }), [slow])?.startErrorMs).toBe(900);
  });

  it("leaves a stutter within a source as it is", () => {
    const times = steady(100).filter((_, index) => index < 40 || index > 43);
    const plan = planTimeline(job({ endMs: 4000 }), [source(times)]);
    expect(plan).toMatchObject({ gaps: [], durationSeconds: 4 });
    expect(plan?.expected).toHaveLength(96);
  });

  it("leaves the frames of sources of different rates where they are", () => {
    const sources = [
      { path: "a.mp4", zeroMs: 0, fromMs: 0, toMs: 2000 },
      { path: "b.mp4", zeroMs: 2000, fromMs: 2000, toMs: 4000 },
    ];
    const mixed = planTimeline(job({ sources, endMs: 4000 }), [source(steady(30, 15)), source(steady(60, 30))]);
    expect(mixed?.expected).toHaveLength(90);
    const drift = planTimeline(job({ sources, endMs: 4000 }), [source(steady(50)), source(steady(50, 25.0005))]);
    expect(drift?.expected).toHaveLength(100);
  });

  describe("of a source with few frames", () => {
    const sources = (zeroMs: number, endMs: number) => [
      { path: "a.mp4", zeroMs: 0, fromMs: 0, toMs: zeroMs },
      { path: "b.mp4", zeroMs, fromMs: zeroMs, toMs: endMs },
    ];
    const rounded = (count: number, fps: number) => steady(count, fps).map((time) => Math.round(time * 1000) / 1000);

    it("takes the rate from the clip's longest source", () => {
      const plan = planTimeline(job({ sources: sources(4000, 4100), endMs: 4100 }), [
        source(steady(40, 10)),
        source([0]),
      ]);
      expect(plan?.expected).toHaveLength(41);
      expect(plan).toMatchObject({ intervalSeconds: 0.1, durationSeconds: 4.1, endErrorMs: 0, gaps: [] });
    });

    it.each([
      [30, 2],
      [30, 3],
      [60, 2],
      [60, 3],
      [60, 30],
    ])("leaves every frame alone at %i fps in whole milliseconds, with %i frames", (fps, frames) => {
      const endMs = 3000 + Math.floor((frames * 1000) / fps);
      const plan = planTimeline(job({ sources: sources(3000, endMs), endMs }), [
        source(rounded(3 * fps, fps)),
        source(rounded(frames, fps)),
      ]);
      expect(plan?.expected).toHaveLength(3 * fps + frames);
      expect(Math.abs(plan?.endErrorMs ?? Number.NaN)).toBeLessThan(1.1);
    });

    it("takes the rate that the recording's index says, where it is another", () => {
      const [fast, slow] = sources(4000, 5000);
      if (!fast || !slow) throw new TypeError("two sources");
      const plan = planTimeline(job({ sources: [fast, { ...slow, usualFrameMs: 200 }], endMs: 5000 }), [
        source(steady(60, 15)),
        source(steady(5, 5)),
      ]);
      expect(plan).toMatchObject({ held: [], gaps: [], endErrorMs: 0 });
      expect(plan?.expected).toHaveLength(65);
    });

    it("takes a lone frame's length from the recording when there is no other", () => {
      const lone = { path: "a.mp4", zeroMs: 4000, fromMs: 4000, toMs: 4100, lastFrameEndMs: 4100 };
      const alone = { sources: [lone], startMs: 4000, endMs: 4100 };
      expect(planTimeline(job(alone), [source([0])])).toMatchObject({ intervalSeconds: 0.1, endErrorMs: 0 });
    });
  });

  describe("of a slice, which need not hold the frames around the part", () => {
    const slice = (beside: Partial<RenderJob["sources"][number]>) => [
      { path: "a.mp4", zeroMs: 1000, fromMs: 1000, toMs: 3000, ...beside },
    ];

    it("takes the last frame's end from the recording", () => {
      const sources = slice({ lastFrameEndMs: 3500 });
      const plan = planTimeline(job({ sources, startMs: 1000, endMs: 3000 }), [source(steady(40))]);
      expect(plan).toMatchObject({ gaps: [], endErrorMs: 0, durationSeconds: 2, delivered: [[1000, 3000]] });
      const unknown = planTimeline(job({ sources: slice({}), startMs: 1000, endMs: 3000 }), [source(steady(40))]);
      expect(unknown?.gaps).toEqual([{ startMs: 2600, endMs: 3000, cause: "NOT_RECORDED" }]);
    });

    it("does not look past the recording's next frame into the slice, where B-frames are missing", () => {
      const sources = slice({ lastFrameEndMs: 3000 });
      const times = steady(52).filter((_, index) => index !== 50);
      const plan = planTimeline(job({ sources, startMs: 1000, endMs: 3000 }), [source(times)]);
      expect(plan).toMatchObject({ gaps: [], endErrorMs: 0, durationSeconds: 2 });
    });

    it("knows a frame that stands over the start from one that was not recorded", () => {
      const late = steady(40).map((time) => time + 0.4);
      const options = { startMs: 1000, endMs: 3000, gapPolicy: "FILL_WITH_BLACK" as const };
      const stands = planTimeline(job({ ...options, sources: slice({ previousFrameMs: 960 }) }), [source(late)]);
      expect(stands).toMatchObject({ gaps: [], leadFrames: 0, startErrorMs: 400, durationSeconds: 1.6 });
      const missing = planTimeline(job({ ...options, sources: slice({ previousFrameMs: -9000 }) }), [source(late)]);
      expect(missing?.gaps).toEqual([{ startMs: 1000, endMs: 1400, cause: "NOT_RECORDED" }]);
    });

    it("fills a gap behind a frame that only ends in the clip up to the clip's end, and no further", () => {
      const times = steady(108, 12);
      const sources = slice({ zeroMs: 0, fromMs: 8996, toMs: 9000, lastFrameEndMs: 9000 });
      const options = { sources, startMs: 8996, endMs: 9146, gapPolicy: "FILL_WITH_BLACK" as const };
      const plan = planTimeline(job(options), [source(times)]);
      expect(plan?.expected.map(({ seconds }) => Math.round(seconds * 1000))).toEqual([0, 83]);
      expect(plan?.endErrorMs).toBeLessThan(83);
    });

    it("knows that a frame stands for long also where it holds no more than that and the next one", () => {
      const still: MediaProbe = { ...source([0, 2.5]), audio: { sampleRate: 48_000, channels: 1, spans: [[0, 3]] } };
      const plan = (usualFrameMs: number | undefined) => {
        const sources = slice({ zeroMs: 0, fromMs: 2363, toMs: 2513, lastFrameEndMs: 2520, usualFrameMs });
        return planTimeline(job({ sources, startMs: 2363, endMs: 2513 }), [still]);
      };
      expect(plan(20)).toMatchObject({ gaps: [], startErrorMs: 0, expected: [{ seconds: 0 }, { seconds: 0.137 }] });
      // A camera with a frame every 2.5 s starts with its next one.
      expect(plan(2500)).toMatchObject({ startErrorMs: 137, expected: [{ seconds: 0 }] });
    });

    it("is not rendered when it lacks a frame that the recording has, or has one more", () => {
      const plan = (frames: number) =>
        planTimeline(job({ sources: slice({ frames }), startMs: 1000, endMs: 3000 }), [source(steady(60))]);
      expect(plan(50)).toMatchObject({ gaps: [], durationSeconds: 2 });
      expect(() => plan(51)).toThrow("a recording has 51 frames in the clip's range, and 50 were staged");
      expect(() => plan(49)).toThrow(VerificationError);
    });

    it("is not rendered when another frame stands at its start than the recording's", () => {
      const times = [0, ...steady(20).map((time) => time + 1.6)];
      const still: MediaProbe = { ...source(times), audio: { sampleRate: 48_000, channels: 1, spans: [[0, 2.4]] } };
      const plan = (previousFrameMs: number) => {
        const sources = slice({ zeroMs: 600, previousFrameMs });
        return planTimeline(job({ sources, startMs: 1000, endMs: 3000 }), [still]);
      };
      expect(plan(600)).toMatchObject({ gaps: [], startErrorMs: 0 });
      expect(() => plan(640)).toThrow("begins was not staged");
    });
  });

  it("cuts off a frame that stands for long where the next recording or the end comes", () => {
    const sources = [
      { path: "a.mp4", zeroMs: 0, fromMs: 0, toMs: 1000, lastFrameEndMs: 1600 },
      { path: "b.mp4", zeroMs: 1000, fromMs: 1000, toMs: 2000 },
    ];
    const plan = planTimeline(job({ sources, endMs: 2000 }), [source(steady(25)), source(steady(25))]);
    expect(plan).toMatchObject({ gaps: [], durationSeconds: 2, endErrorMs: 0, delivered: [[0, 2000]] });
  });

  it("shows black only where the last frame no longer stands", () => {
    const sources = [{ path: "a.mp4", zeroMs: 0, fromMs: 0, toMs: 1000, lastFrameEndMs: 1600 }];
    const options = { sources, endMs: 3000, gapPolicy: "FILL_WITH_BLACK" as const };
    const plan = planTimeline(job(options), [source(steady(25))]);
    expect(plan?.gaps).toEqual([{ startMs: 1600, endMs: 3000, cause: "NOT_RECORDED" }]);
    const black = plan?.expected.filter((frame) => frame.source === undefined) ?? [];
    expect([black[0]?.seconds, black[0]?.wallMs, black.length]).toEqual([1.6, 1600, 35]);
  });

  it("starts a recording of another rate behind the last frame that is held before it", () => {
    const sources = [
      { path: "a.mp4", zeroMs: 0, fromMs: 0, toMs: 8600 },
      { path: "b.mp4", zeroMs: 8640, fromMs: 8640, toMs: 9520 },
    ];
    const plan = planTimeline(job({ sources, endMs: 9520 }), [source(steady(86, 10)), source(steady(11, 12.5))]);
    const seconds = plan?.expected.map((frame) => Math.round(frame.seconds * 1000)) ?? [];
    expect(new Set(seconds).size).toBe(seconds.length);
  });

  it("expects only the first of frames that fall on one tick of the clip", () => {
    const times = steady(50).flatMap((time, index) => (index === 20 ? [time, time, time + 0.000_004] : [time]));
    const plan = planTimeline(job({ endMs: 2000 }), [source(times)]);
    expect(plan?.expected).toHaveLength(50);
  });

  it("is undefined when no source holds a frame of the clip", () => {
    expect(planTimeline(job({ startMs: 8000, endMs: 9000 }), [source(steady(50))])).toBeUndefined();
  });
});
