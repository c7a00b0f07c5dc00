import { describe, expect, it } from "vitest";
import { timelineOrigin } from "./timeline-origin.ts";

/** A recording of ten minutes whose video ends at `to`. */
const origin = (first: number, video: number, to?: number) =>
  timelineOrigin(
    {
      starts: { firstSeconds: first, videoSeconds: video },
      ...(to !== undefined && { media: { startSeconds: video, endSeconds: to } }),
    },
    { claimedSeconds: 600, toleranceSeconds: 1 },
  );

describe("the instant that a recording's name stands for", () => {
  it("is time 0 where the timeline begins near it", () => {
    expect(origin(0, 0, 600)).toBe(0);
    expect(origin(-0.02, 0.08, 600.08)).toBe(0);
    expect(origin(0.48, 0.48, 600.48)).toBe(0);
  });

  it("is the first frame where only reordering moves everything away from 0", () => {
    const reordered = (firstSeconds: number, videoSeconds: number, decodedSeconds: number) =>
      timelineOrigin(
        {
          starts: { firstSeconds, videoSeconds, decodedSeconds },
          media: { startSeconds: videoSeconds, endSeconds: 600 },
        },
        { claimedSeconds: 600, toleranceSeconds: 1 },
      );
    expect(reordered(0.08, 0.08, 0)).toBe(0.08);
    expect(reordered(0.058, 0.08, 0)).toBe(0.08);
    // Rounded by the muxer.
    expect(reordered(0.064, 0.066, -0.000667)).toBe(0.066);
    // The audio begins at 0; or everything is late by more than reordering; or an edit list takes it back.
    expect(reordered(0, 0.08, 0)).toBe(0);
    expect(reordered(0.48, 0.48, 0.4)).toBe(0);
    expect(reordered(0, 0, -0.08)).toBe(0);
  });

  it("is time 0 where only the video begins late", () => {
    expect(origin(0, 30, 630)).toBe(0);
    expect(origin(0, 590)).toBe(0);
  });

  it("is the first frame where the video's clock is not the audio's", () => {
    expect(origin(0, 47_721, 48_321)).toBe(47_721);
    expect(origin(-0.02, 3600)).toBe(3600);
  });

  it("is time 0 where everything begins late and ends when the recording does", () => {
    expect(origin(30, 30, 600)).toBe(0);
    expect(origin(1.5, 1.5, 600)).toBe(0);
  });

  it("is the first frame where everything begins far from 0", () => {
    expect(origin(600, 600, 1200)).toBe(600);
    expect(origin(2, 2, 602)).toBe(2);
    expect(origin(3599.98, 3600, 4200)).toBe(3600);
    expect(origin(-30, -30, 570)).toBe(-30);
  });

  it("is the first frame of a short segment that begins, by its times, where its name says that it ends", () => {
    const segment = (first: number, claimedSeconds: number) =>
      timelineOrigin(
        { starts: { firstSeconds: first, videoSeconds: first }, media: { startSeconds: first, endSeconds: first + 1 } },
        { claimedSeconds, toleranceSeconds: 1 },
      );
    expect(segment(1, 1)).toBe(1);
    expect(segment(0.5, 0.5)).toBe(0.5);
    expect(segment(0, 1)).toBe(0);
    expect(segment(0.48, 1)).toBe(0);
  });

  it("is the first frame, too, where the end is not known, or fits neither", () => {
    expect(origin(600, 600)).toBe(600);
    expect(origin(30, 30, 300)).toBe(30);
  });

  it("is the first audio where the video begins late on a timeline far from 0", () => {
    expect(origin(600, 630, 1200)).toBe(600);
  });

  it("is time 0 in a recording that was not taken apart", () => {
    expect(timelineOrigin({}, { claimedSeconds: 600, toleranceSeconds: 1 })).toBe(0);
  });
});
