import { makeRecording, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSps } from "../../../mp4/src/h26x/avc-config.ts";
import { fileSource } from "../../../mp4/src/io/file-source.ts";
import { firstTrack } from "../../../mp4/src/read/movie.ts";
import { readMovie } from "../../../mp4/src/read/read-movie.ts";
import { readDescriptions, type SampleDescription } from "../../../mp4/src/read/sample-description.ts";
import { concat, u32 } from "../../../mp4/src/write/write-boxes.ts";
import { mergedAvcEntry } from "./avc-entry.ts";

let scratch: Scratch;
let descriptions: SampleDescription[];

beforeAll(async () => {
  scratch = await scratchFolder();
  const settings = ["keyint=25:level=30", "sps-id=7:bframes=0:level=41", "bframes=0:ref=2"];
  descriptions = await Promise.all(
    settings.map(async (x264, i) => {
      const path = await makeRecording(scratch.path(`${i}.mp4`), { seconds: 0.2, audio: false, x264 });
      await using source = await fileSource(path);
      const description = firstTrack(await readMovie(source), "vide")?.descriptions[0];
      if (!description) throw new Error("no description");
      return description;
    }),
  );
});
afterAll(() => scratch[Symbol.asyncDispose]());

const pick = (...indices: number[]) => indices.flatMap((i) => descriptions[i] ?? []);

describe("mergedAvcEntry", () => {
  it("puts all parameter sets into one avcC, and takes the higher level", () => {
    const entry = mergedAvcEntry(pick(0, 1, 0));
    const [merged] = readDescriptions(concat(u32(0, 1), entry), "vide");
    const avc = merged?.video?.avc;
    expect(merged).toMatchObject({ format: "avc1", video: { width: 160, height: 90 } });
    expect(avc?.sps.map((nal) => readSps(nal).id)).toEqual([0, 7]);
    expect(avc?.pps).toHaveLength(2);
    expect(avc?.level).toBe(41);
    expect(Buffer.from(entry).includes("btrt")).toBe(false);
  });

  it("refuses different sets with one id", () => {
    expect(() => mergedAvcEntry(pick(0, 2))).toThrow("two parameter sets have the id 0");
  });

  it("reads what a parameter set says about the pictures", () => {
    const [sps] = pick(0).flatMap(({ video }) => video?.avc?.sps ?? []);
    expect(sps && readSps(sps)).toMatchObject({
      profile: 100,
      level: 30,
      chromaFormat: 1,
      bitDepth: 8,
      progressive: true,
    });
  });
});
