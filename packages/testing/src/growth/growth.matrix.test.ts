import { afterAll, describe, expect, it } from "vitest";
import { Workshop } from "../media/workshop.ts";
import { CostOfCut } from "./cost-of-cut.ts";

/**
 * How the cost of a smart clip grows: slopes, which do not depend on the machine. Each is compared with the same work of
 * another size, the cheapest of three runs.
 */
const shop = new Workshop();
const costs = new CostOfCut(shop);
afterAll(() => shop.clear());

/** Behind a keyframe, so that frames are encoded. */
const INTO_GOP_MS = 320;

describe("what a smart clip costs", () => {
  it("does not grow with the recording, but for its index", async () => {
    const [short, long] = [await costs.recording(30), await costs.recording(480)];
    const ofShort = await costs.cheapest([short], INTO_GOP_MS, 20_000);
    const ofLong = await costs.cheapest([long], 300_000 + INTO_GOP_MS, 320_000);
    // A frame takes 4 bytes of index, a packet of audio too; chunks and runs of durations a few more.
    const indexBytes = (480 - 30) * (25 + 48) * 16;
    expect(ofLong.bytesRead).toBeLessThan(ofShort.bytesRead * 1.2 + indexBytes);
    expect(ofLong.requests).toBeLessThanOrEqual(ofShort.requests + 2);
    expect(ofLong.cpuSeconds).toBeLessThan(1.5 * ofShort.cpuSeconds);
  });

  it("grows less than the clip does, since as many frames are encoded", async () => {
    const long = await costs.recording(480);
    const ofShort = await costs.cheapest([long], INTO_GOP_MS, 20_000);
    const ofLong = await costs.cheapest([long], INTO_GOP_MS, 320_000);
    expect(ofLong.cpuSeconds).toBeLessThan(8 * ofShort.cpuSeconds);
  });

  it("grows with the number of recordings no faster than that", async () => {
    const parts = await Promise.all(Array.from({ length: 9 }, (_, index) => costs.recording(4, index)));
    const ofThree = await costs.cheapest(parts.slice(0, 3), INTO_GOP_MS, 12_000);
    const ofNine = await costs.cheapest(parts, INTO_GOP_MS, 36_000);
    expect(ofNine.cpuSeconds).toBeLessThan(3 * ofThree.cpuSeconds);
    expect(ofNine.requests).toBeLessThanOrEqual(3 * ofThree.requests);
  });

  it("grows with the picture more slowly than its pixels do", async () => {
    const small = await costs.recording(20, 0, { width: 320, height: 180 });
    const large = await costs.recording(20, 0, { width: 1280, height: 720, kbps: 2000 });
    const ofSmall = await costs.cheapest([small], INTO_GOP_MS, 15_000);
    const ofLarge = await costs.cheapest([large], INTO_GOP_MS, 15_000);
    expect(ofLarge.cpuSeconds).toBeLessThan(8 * ofSmall.cpuSeconds);
  });

  it("grows with the distance of keyframes more slowly than that does", async () => {
    const size = { width: 640, height: 360 };
    const short = await costs.recording(64, 0, size);
    const long = await costs.recording(64, 0, { ...size, gop: 25 * 32 });
    const ofShort = await costs.cheapest([short], INTO_GOP_MS, 60_000);
    const ofLong = await costs.cheapest([long], INTO_GOP_MS, 60_000);
    // 16 times the distance. What does not grow with it is little: audio is copied.
    expect(ofLong.cpuSeconds).toBeLessThan(12 * ofShort.cpuSeconds);
  });

  it("is less than doubled by audio", async () => {
    const size = { width: 1280, height: 720, kbps: 2000 };
    const [loud, silent] = [
      await costs.recording(20, 0, size),
      await costs.recording(20, 0, { ...size, audio: false }),
    ];
    const ofLoud = await costs.cheapest([loud], INTO_GOP_MS, 15_000);
    const ofSilent = await costs.cheapest([silent], INTO_GOP_MS, 15_000);
    expect(ofLoud.cpuSeconds).toBeLessThan(2 * ofSilent.cpuSeconds);
  });

  it("is no more memory for a longer clip, and less than twice for three times the recordings", async () => {
    const long = await costs.recording(480);
    const ofShort = await costs.cheapest([long], INTO_GOP_MS, 20_000);
    const ofLong = await costs.cheapest([long], INTO_GOP_MS, 320_000);
    expect(ofLong.ffmpegBytes).toBeLessThan(1.3 * ofShort.ffmpegBytes);
    const parts = await Promise.all(Array.from({ length: 9 }, (_, index) => costs.recording(4, index)));
    const ofThree = await costs.cheapest(parts.slice(0, 3), INTO_GOP_MS, 12_000);
    const ofNine = await costs.cheapest(parts, INTO_GOP_MS, 36_000);
    expect(ofNine.ffmpegBytes).toBeLessThan(2 * ofThree.ffmpegBytes);
  });
});
