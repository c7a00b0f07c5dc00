import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { describe, expect, it } from "vitest";
import { ownX264Limits, x264Limits } from "./processor.ts";
import { runFfmpeg } from "./run-ffmpeg.ts";

const cpuinfo = (vendor: string, flags: string) =>
  `processor\t: 0\nvendor_id\t: ${vendor}\nmodel name\t: Some\nflags\t\t: fpu ${flags} sha_ni\n\nprocessor\t: 1\n`;

describe("what x264 is kept to", () => {
  it("is AVX2 on Intel's processors that have AVX-512", () => {
    expect(x264Limits(cpuinfo("GenuineIntel", "avx2 avx512f avx512bw"))).toEqual(["asm=AVX2"]);
  });

  it.each([
    ["without AVX-512, where AVX2 may be missing, too", cpuinfo("GenuineIntel", "sse4_2 avx")],
    ["of others, which were not measured", cpuinfo("AuthenticAMD", "avx2 avx512f avx512bw")],
    ["that are not x86", "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n"],
    ["that nobody tells of", ""],
  ])("is nothing on processors %s", (_, text) => {
    expect(x264Limits(text)).toEqual([]);
  });

  it("is taken by this machine's ffmpeg", async () => {
    const params = ["ref=1", ...ownX264Limits()].join(":");
    const picture = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=0.2"];
    const args = [...picture, "-c:v", "libx264", "-x264-params", params, "-f", "null", "-"];
    const log = await runFfmpeg({ ffmpeg: testFfmpeg, args });
    expect(log).toContain("using cpu capabilities");
    expect(log).not.toMatch(/Error parsing option|capabilities: none/);
  });
});
