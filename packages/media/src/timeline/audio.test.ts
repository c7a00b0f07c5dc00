import { describe, expect, it } from "vitest";
import type { RenderJob } from "../media-engine.ts";
import type { MediaProbe } from "../probe/probe.ts";
import { audioCoverageOf, heardParts } from "./audio.ts";
import { planTimeline } from "./timeline.ts";

type AudioOfSource = Pick<MediaProbe, "audio" | "lostAudio">;

const heard = (...spans: [number, number][]): AudioOfSource => ({ audio: { sampleRate: 48_000, channels: 1, spans } });

/**
 * Recordings of ten seconds at 10 frames a second, back to back from 0 on or so much apart; a clip from 2 s on.
 * @param leadSeconds how long after its time 0 each recording's first frame is
 */
function clipOf(sounds: readonly AudioOfSource[], beforeMs: number, apartMs = 0, leadSeconds = 0) {
  const endMs = beforeMs + apartMs;
  const times = Array.from({ length: 100 }, (_, i) => leadSeconds + i / 10);
  const video = { codec: "avc1", width: 160, height: 90, sampleAspect: 1, times };
  const probes = sounds.map((audio): MediaProbe => ({ video, damaged: false, ...audio }));
  const job: RenderJob = {
    sources: sounds.map((_, i) => {
      const startMs = i * (10_000 + apartMs);
      const zeroMs = startMs - leadSeconds * 1000;
      return { path: `${i}.mp4`, zeroMs, fromMs: Math.max(2000, startMs), toMs: Math.min(endMs, startMs + 10_000) };
    }),
    startMs: 2000,
    endMs,
    gapPolicy: "SKIP_GAPS",
    joinToleranceMs: 1000,
    precision: "exact",
    output: "clip.mp4",
  };
  const timeline = planTimeline(job, probes);
  if (!timeline) throw new TypeError("there are frames");
  return { coverage: audioCoverageOf(job, timeline, probes, timeline.delivered), parts: heardParts(timeline, probes) };
}

describe("what a clip tells of its audio", () => {
  it("is all delivered where the recordings have audio, whatever packets round", () => {
    const { coverage } = clipOf([heard([-0.02, 9.97]), heard([0.01, 10.02])], 15_000);
    expect(coverage).toEqual({ delivered: [[2000, 15_000]], silent: [] });
  });

  it("is silent where a recording has none", () => {
    const { coverage, parts } = clipOf([heard([0, 10]), { audio: undefined }], 15_000);
    expect(coverage.delivered).toEqual([[2000, 10_000]]);
    expect(coverage.silent).toEqual([{ startMs: 10_000, endMs: 15_000, cause: "NOT_RECORDED" }]);
    expect(parts).toEqual([{ source: 0, outSeconds: 0, sourceSeconds: 2, seconds: 8 }]);
  });

  it("is silent where the only recording has none, however short the clip", () => {
    const { coverage } = clipOf([{ audio: undefined }], 2090);
    expect(coverage).toEqual({ delivered: [], silent: [{ startMs: 2000, endMs: 2090, cause: "NOT_RECORDED" }] });
  });

  it("takes the audio at a join from the recording that has it, on either side", () => {
    const early = clipOf([heard([0, 10]), heard([0, 10])], 15_000, 0, 0.07);
    expect(early.parts).toEqual([
      { source: 0, outSeconds: 0, sourceSeconds: expect.closeTo(2.07), seconds: expect.closeTo(7.93) },
      {
        source: 1,
        outSeconds: expect.closeTo(7.93),
        sourceSeconds: expect.closeTo(0),
        seconds: expect.closeTo(0.07),
      },
      { source: 1, outSeconds: 8, sourceSeconds: expect.closeTo(0.07), seconds: expect.closeTo(5) },
    ]);
    const late = clipOf([heard([0, 10.3]), heard([0.25, 10])], 15_000);
    expect(late.coverage).toEqual({ delivered: [[2000, 15_000]], silent: [] });
    expect(late.parts.map(({ source, seconds }) => [source, seconds])).toEqual([
      [0, 8],
      [0, expect.closeTo(0.25)],
      [1, expect.closeTo(4.75)],
    ]);
  });

  it("takes none of it over a gap that the clip leaves out", () => {
    const { parts } = clipOf([heard([0, 10]), heard([0, 10.07])], 15_000, 5000, 0.07);
    expect(parts.map(({ source, seconds }) => [source, seconds])).toEqual([
      [0, expect.closeTo(7.93)],
      [1, 5],
    ]);
  });

  it("takes nothing that a decoder only starts with", () => {
    const { parts } = clipOf([heard([0, 9.97]), heard([-0.021, 10])], 15_000);
    expect(parts.map(({ source, seconds }) => [source, seconds])).toEqual([
      [0, expect.closeTo(7.97)],
      [1, 5],
    ]);
  });

  it("names the format that cannot be decoded", () => {
    const { coverage } = clipOf(
      [
        { audio: undefined, lostAudio: "ac-4" },
        { audio: undefined, lostAudio: "ac-4" },
      ],
      15_000,
    );
    expect(coverage).toEqual({
      delivered: [],
      silent: [{ startMs: 2000, endMs: 15_000, cause: "UNSUPPORTED_FORMAT", format: "ac-4" }],
    });
  });

  it("is silent in holes of a recording's own audio", () => {
    const { coverage, parts } = clipOf([heard([0, 3], [4.5, 7])], 9000);
    expect(coverage.delivered).toEqual([
      [2000, 3000],
      [4500, 7000],
    ]);
    expect(coverage.silent).toEqual([
      { startMs: 3000, endMs: 4500, cause: "NOT_RECORDED" },
      { startMs: 7000, endMs: 9000, cause: "NOT_RECORDED" },
    ]);
    expect(parts.map(({ outSeconds, seconds }) => [outSeconds, seconds])).toEqual([
      [0, 1],
      [2.5, 2.5],
    ]);
  });
});
