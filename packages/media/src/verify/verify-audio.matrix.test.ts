import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { prepareJob } from "../exact/render-exact.ts";
import { makeCamera } from "../synthetic/index.ts";
import { type AudioPlan, verifyAudio } from "./verify-audio.ts";

const run = promisify(execFile);
const shop = new Workshop();
const ways = { ffmpeg: testFfmpeg, timeLimitMs: 30_000 };
const STEADY = "0.3*sin(2*PI*500*t)";
let plan: AudioPlan;

beforeAll(async () => {
  const folder = join(await shop.folder, "audio");
  const { recordings } = await makeCamera({ folder, alias: "audio", recordings: 2, seconds: 4, startMs: 0, gop: 25 });
  const job = jobOf(recordings, 1480, 6520, { precision: "smart" });
  const { path } = await shop.render(job);
  plan = { ...(await prepareJob({ ...job, output: path }, ways)), path, copied: false, isIndexed: true };
});
afterAll(() => shop.clear());

/** A copy of the clip with another audio. */
async function changed(name: string, ...args: string[]): Promise<AudioPlan> {
  const path = join(await shop.folder, `${name.replaceAll(" ", "-")}.mp4`);
  await run(testFfmpeg, ["-v", "error", "-y", "-i", plan.path, ...args, "-map", "0:v", "-c:v", "copy", path]);
  return { ...plan, path };
}

const filtered = (filter: string) => ["-filter_complex", `[0:a]${filter}[a]`, "-map", "[a]", "-c:a", "aac"];

describe("verifyAudio", () => {
  it("is content with the clip, and with one whose audio was encoded again", async () => {
    await verifyAudio(plan, ways);
    await verifyAudio(await changed("again", ...filtered("volume=0.8")), ways);
  });

  it.each<[string, string[], RegExp]>([
    ["40 ms late", ["-itsoffset", "0.04", "-i", "CLIP", "-map", "1:a", "-c:a", "copy"], /(39|4\d) ms late/],
    ["40 ms early", filtered("atrim=start=0.04,asetpts=PTS-STARTPTS,apad=pad_dur=0.04"), /4\d ms early/],
    ["25 ms early", filtered("atrim=start=0.025,asetpts=PTS-STARTPTS,apad=pad_dur=0.025"), /2\d ms early/],
    [
      "40 ms late behind the join",
      filtered("asplit[x][y];[x]atrim=end=2.9[p];[y]atrim=start=2.86,asetpts=PTS-STARTPTS[q];[p][q]concat=v=0:a=1"),
      /late/,
    ],
    ["silent", filtered("volume=0"), /silent/],
    ["silent behind the join", filtered("volume=0:enable='gt(t,2.52)'"), /silent/],
    ["another audio", filtered(`anullsink;aevalsrc='${STEADY}':d=5.04:s=48000`), /not its/],
    ["too short", filtered("atrim=end=4.5"), /planned was 0\.000 to 5\.0/],
    ["late in coming", filtered("atrim=start=0.5"), /runs from 0\.4/],
    ["missing", ["-an"], /is missing/],
  ])("notices audio that is %s", async (name, args, message) => {
    const clip = await changed(name, ...args.map((arg) => (arg === "CLIP" ? plan.path : arg)));
    const verified = verifyAudio(clip, ways);
    await expect(verified).rejects.toThrow(VerificationError);
    await expect(verified).rejects.toThrow(message);
  });

  it("asks nothing of a clip whose recordings have no audio", async () => {
    const probes = plan.probes.map((probe) => ({ ...probe, audio: undefined }));
    await verifyAudio({ ...(await changed("none", "-an")), probes }, ways);
  });
});
