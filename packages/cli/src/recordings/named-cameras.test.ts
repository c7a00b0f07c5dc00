import { describe, expect, it } from "vitest";
import { filesOf } from "./named-cameras.ts";

const pair = ["2026-03-01_12-00-00-front.mp4", "2026-03-01_12-00-00-back.mp4", "2026-03-01_12-01-00-front.mp4"];

describe("files whose names hold no time that can be read", () => {
  it("are a camera's when their names hold it as a word", () => {
    expect(filesOf("front", pair).names).toEqual([pair[0], pair[2]]);
    expect(filesOf("Back", pair).names).toEqual([pair[1]]);
  });

  it("are nobody's when their names hold other cameras", () => {
    expect(filesOf("nosuch", pair)).toEqual({ names: [], others: ["back", "front"] });
    expect(filesOf("fro", pair).names).toEqual([]);
    expect(filesOf("2026", pair).names).toEqual([]);
  });

  it("are nobody's when two cameras fit", () => {
    const sides = ["1-left_repeater.mp4", "1-right_repeater.mp4", "1-left_pillar.mp4"];
    expect(filesOf("left", sides)).toEqual({ names: [], others: ["left pillar", "left repeater"] });
    expect(filesOf("left_repeater", sides).names).toEqual([sides[0]]);
  });

  it.each([
    ["cam101", ["cam101.mp4", "cam102.mp4"]],
    ["ch001", ["ch001_0001.mp4", "ch002_0001.mp4"]],
    ["s1", ["s1_0001.mp4", "s2_0001.mp4"]],
    ["01", ["01_front.mp4", "02_front.mp4"]],
    ["101", ["101-a.mp4", "201-a.mp4"]],
    ["t", ["DJI_20260301120000_0001_T.MP4", "DJI_20260301120000_0001_Z.MP4"]],
  ])("are those of camera %s alone where numbers or a letter tell cameras apart", (camera, names) => {
    expect(filesOf(camera, names).names).toEqual(names.slice(0, 1));
  });

  it("are nobody's where the camera has a number that none of them has", () => {
    expect(filesOf("cam103", ["cam101.mp4", "cam102.mp4"])).toEqual({ names: [], others: ["cam101", "cam102"] });
    expect(filesOf("s3", ["s1_0001.mp4", "s2_0001.mp4"])).toEqual({ names: [], others: ["s1", "s2"] });
  });

  it("are one camera's when nothing but dates and counters differs", () => {
    const names = ["GOPR0001.MP4", "GOPR0002.MP4"];
    expect(filesOf("helmet", names).names).toEqual(names);
    expect(filesOf("gopr", names).names).toEqual(names);
    expect(filesOf("gopr", [...names, "door.mp4"]).names).toEqual(names);
    expect(filesOf("gopr", ["GOPR0001-a.MP4", "door.mp4"]).names).toEqual(["GOPR0001-a.MP4"]);
    const dated = ["20260301T120000Z.mp4", "20260301T121000Z.mp4"];
    expect(filesOf("door", dated).names).toEqual(dated);
    expect(filesOf("3", dated).names).toEqual(dated);
    expect(filesOf("cam1", ["cam1_0001.mp4", "cam2_0001.mp4"]).names).toEqual(["cam1_0001.mp4"]);
    expect(filesOf("cam", ["cam1_0001.mp4", "cam2_0001.mp4"]).names).toEqual([]);
  });
});
