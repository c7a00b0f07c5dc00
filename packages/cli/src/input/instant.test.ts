import { describe, expect, it } from "vitest";
import { parseDuration, parseInstant, readInstant } from "./instant.ts";

const MS = Date.UTC(2018, 9, 31, 2, 52, 0, 51);

describe("times on the command line", () => {
  it.each([
    "2018-10-31T02:52:00.051Z",
    "2018-10-31T02:52:00.051",
    "2018-10-31 02:52:00,051",
    "2018-10-31T03:52:00.051+01:00",
    "2018-10-30T21:22:00.051-0530",
    "20181031T025200051",
    "20181031T025200.051999Z",
    "1540954320051",
    " 1540954320051 ",
  ])("%s is an instant", (text) => {
    expect(parseInstant(text)).toBe(MS);
  });

  it("takes a minute, a second or a date for its start", () => {
    expect(parseInstant("2018-10-31T02:52")).toBe(MS - 51);
    expect(parseInstant("20181031T025200")).toBe(MS - 51);
    expect(parseInstant("2018-10-31")).toBe(Date.UTC(2018, 9, 31));
  });

  it.each([
    "",
    "tomorrow",
    "10 fortnights ago",
    "1540954320",
    "1540954320.051",
    "2018-02-31T00:00:00Z",
    "2018-10-31T24:00:00Z",
    "31.10.2018",
  ])("%s is none, and the message shows the forms that are", (text) => {
    expect(() => parseInstant(text)).toThrow(/2018-10-31T02:52:00\.051Z.*1540954320051/);
  });

  it("counts back from now", () => {
    const ago = (text: string) => MS - readInstant(text, undefined, MS);
    expect([ago("now"), ago("10 minutes ago"), ago("1.5h ago"), ago("2 Days ago")]).toEqual([
      0, 600_000, 5_400_000, 172_800_000,
    ]);
  });

  it("has a zone of its own, or the one that is given", () => {
    const hourAhead = (local: number) => local - 3_600_000;
    expect(readInstant("2018-10-31 03:52:00.051", hourAhead)).toBe(MS);
    expect(readInstant("2018-10-31T02:52:00.051Z", hourAhead)).toBe(MS);
  });

  it("durations are seconds unless they say otherwise", () => {
    const all = ["45", "90s", "1m30s", "2h", "500ms", "1.5"].map(parseDuration);
    expect(all).toEqual([45_000, 90_000, 90_000, 7_200_000, 500, 1500]);
    for (const none of ["", "0", "-3", "1y", "m"]) expect(() => parseDuration(none)).toThrow("is no duration");
  });
});
