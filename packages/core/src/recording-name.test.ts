import { testSettings } from "@camclips/testing/test-server";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { footageOf } from "./footage.ts";
import { basename, recordingName, recordingNamed, recordingStartMs } from "./recording-name.ts";

const current = { TIMESTAMP_FORMAT: "%Y%m%dT%H%M%S%f", OLD_FILE_FORMAT: false };
const old = { ...current, OLD_FILE_FORMAT: true };

describe("the camera of a recording", () => {
  it.each([
    ["live/hbpiernscam.stream.20181031T025200051.mp4", "hbpiernscam", Date.UTC(2018, 9, 31, 2, 52, 0, 51)],
    ["front.door.stream.20181031T025200000.m4s", "front.door", Date.UTC(2018, 9, 31, 2, 52)],
    ["Süd #1?.20181031T025200000.ts", "Süd #1?", Date.UTC(2018, 9, 31, 2, 52)],
  ])("is known by its name, with when it starts: %s", (name, camera, startMs) => {
    expect(recordingNamed(name, current)).toEqual({ camera, startMs });
  });

  it.each(["20181031T025200051.mp4", "init.mp4", "pier.stream.20181031T025200051", "pier.20181331T025200051.mp4", ""])(
    "is not known where a name does not say both: %s",
    (name) => {
      expect(recordingNamed(name, current)).toBeUndefined();
    },
  );

  it("is the one that its name was made of", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z.#?é-]{1,12}[a-z]$/),
        fc.integer({ min: 0, max: 4e12 }),
        (camera, startMs) => {
          fc.pre(!camera.endsWith(".stream"));
          const name = recordingName(camera, startMs, current);
          expect(recordingNamed(name, current)).toEqual({ camera, startMs });
        },
      ),
    );
  });
});

describe("the start in a recording's name", () => {
  it("has milliseconds in the new format", () => {
    expect(recordingStartMs("hbpiernscam.stream.20181031T025200051.mp4", current)).toBe(
      Date.UTC(2018, 9, 31, 2, 52, 0, 51),
    );
  });

  it("has seconds in the old format", () => {
    expect(recordingStartMs("hbpiernscam.20180815T140019.mp4", old)).toBe(Date.UTC(2018, 7, 15, 14, 0, 19));
  });

  it("is found behind a folder, before a query, and under any extension", () => {
    const start = Date.UTC(2018, 7, 15, 14, 0, 19);
    expect(recordingStartMs("https://x/cams/a.20180815T140019.mp4?sig=1.2/3", old)).toBe(start);
    expect(recordingStartMs("20180815T140019.MOV", old)).toBe(start);
  });

  it("reads %f as Python does: a fraction of one to six digits", () => {
    const base = Date.UTC(2018, 7, 15, 14, 0, 19);
    const named = (fraction: string) => recordingStartMs(`a.20180815T140019${fraction}.mp4`, current);
    expect([named("5"), named("05"), named("051"), named("051999")].map((ms) => (ms ?? 0) - base)).toEqual([
      500, 50, 51, 51,
    ]);
    expect(named("")).toBeUndefined();
    expect(named("0519990")).toBeUndefined();
  });

  it.each([
    ["another format", "hbpiernscam.stream.2018-10-31.mp4"],
    ["a day that February lacks", "a.20190229T000000000.mp4"],
    ["month 13", "a.20181301T000000000.mp4"],
    ["hour 24", "a.20181001T240000000.mp4"],
    ["minute 60", "a.20181001T006000000.mp4"],
    ["a year that calendars in computers take for another", "a.00501001T000000000.mp4"],
    ["day 0", "a.20181000T000000000.mp4"],
    ["letters", "a.2018100XT000000000.mp4"],
    ["nothing", ""],
    ["an extension only", ".mp4"],
    ["a rest", "a.20181001T000000000-copy.mp4"],
  ])("is not known for %s", (_, name) => {
    expect(recordingStartMs(name, current)).toBeUndefined();
  });

  it("counts days of the year where the format says so", () => {
    const rules = { TIMESTAMP_FORMAT: "%Y-%jT%H%M%S", OLD_FILE_FORMAT: false };
    expect(recordingStartMs("a.2020-366T000000.mp4", rules)).toBe(Date.UTC(2020, 11, 31));
    expect(recordingStartMs("a.2019-366T000000.mp4", rules)).toBeUndefined();
    expect(recordingStartMs("a.2019-000T000000.mp4", rules)).toBeUndefined();
  });

  it("takes characters of the format that mean something in patterns for themselves", () => {
    const rules = { TIMESTAMP_FORMAT: "(%Y)+%m*%d[%H]%M%S%%", OLD_FILE_FORMAT: false };
    const name = recordingName("a", Date.UTC(2018, 7, 15, 14, 0, 19), rules);
    expect(recordingStartMs(name, rules)).toBe(Date.UTC(2018, 7, 15, 14, 0, 19));
  });
});

describe("the name of a recording", () => {
  const alias = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/);
  const start = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2099, 11, 31) });
  const separators = fc.constantFrom("", "-", "_", "T", "+");
  const days = fc.constantFrom("%Y%m%d", "%y%m%d", "%Y%j", "%Y-%m-%d");

  it("is read back as the same instant, in every format", () => {
    fc.assert(
      fc.property(alias, start, days, separators, fc.boolean(), (camera, ms, day, separator, isOld) => {
        const rules = { TIMESTAMP_FORMAT: `${day}${separator}%H%M%S%f`, OLD_FILE_FORMAT: isOld };
        const named = isOld ? Math.floor(ms / 1000) * 1000 : ms;
        expect(recordingStartMs(recordingName(camera, ms, rules), rules)).toBe(named);
      }),
    );
  });

  it("is the contract's", () => {
    expect(recordingName("hbpiernscam", Date.UTC(2018, 9, 31, 2, 52, 0, 51), current)).toBe(
      "hbpiernscam.stream.20181031T025200051.mp4",
    );
    expect(recordingName("hbpiernscam", Date.UTC(2018, 7, 15, 14, 0, 19), old)).toBe("hbpiernscam.20180815T140019.mp4");
  });

  it("can be any text without breaking the reader", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const ms = recordingStartMs(name, current);
        expect(ms === undefined || Number.isSafeInteger(ms)).toBe(true);
        expect(basename(name).includes("/")).toBe(false);
      }),
    );
  });
});

describe("the list of the camera service", () => {
  const settings = testSettings({ S3_BUCKET_ORIGIN_DIR: "live/cams" });
  const entry = {
    recordingUrl: "https://elsewhere.test.com/x/cam.stream.20181031T025200051.mp4",
    startDate: "2018-10-31T02:52:00.000Z",
    endDate: "2018-10-31T03:02:00.051Z",
  };

  it("gives keys out of the basename alone, starts out of the name, ends as listed", () => {
    expect(footageOf([entry], settings, 0)).toEqual([
      {
        key: "live/cams/cam.stream.20181031T025200051.mp4",
        startMs: Date.UTC(2018, 9, 31, 2, 52, 0, 51),
        endMs: Date.UTC(2018, 9, 31, 3, 2, 0, 51),
      },
    ]);
  });

  it("gives a recording whose start only its name tells, and none of which nothing does", () => {
    const { startDate: _, ...named } = entry;
    const unnamed = { ...named, recordingUrl: "https://elsewhere.test.com/x/clip 7.mp4" };
    expect(footageOf([named, unnamed], settings, 0)).toEqual(footageOf([entry], settings, 0));
  });

  it("lets a recording without an end go on behind a shorter one within it, but waits for what may still come", () => {
    const at = (seconds: number) => new Date(Date.UTC(2018, 9, 31, 2, 52) + seconds * 1000).toISOString();
    const listed = (start: number, end?: number) => ({
      recordingUrl: `https://x/${start}.mp4`,
      startDate: at(start),
      ...(end !== undefined && { endDate: at(end) }),
    });
    const endOf = (list: Parameters<typeof footageOf>[0], sent: number) =>
      (footageOf(list, settings, Date.parse(at(sent))).find(({ key }) => key.endsWith("/0.mp4"))?.endMs ?? 0) / 1000 -
      Date.parse(at(0)) / 1000;
    expect(endOf([listed(0), listed(20, 25), listed(60, 120)], 200)).toBe(60);
    expect(endOf([listed(0), listed(20, 60), listed(60, 120)], 200)).toBe(20);
    expect(endOf([listed(0), listed(20), listed(60, 120)], 200)).toBe(20);
    expect(endOf([listed(0), listed(20, 25)], 1499)).toBe(20);
    expect(endOf([listed(0), listed(20, 25)], 1500)).toBe(600);
  });

  it("gives a recording that is listed twice once: until the last of the ends that are listed", () => {
    const [whole, shorter] = ["03:01", "02:55"].map((end) => ({ ...entry, endDate: `2018-10-31T${end}:00.000Z` }));
    const { endDate: _, ...running } = entry;
    const later = Date.UTC(2030, 0, 1);
    for (const others of [[shorter], [running], [shorter, running]])
      for (const list of [
        [whole, ...others],
        [...others, whole],
      ])
        expect(
          footageOf(
            list.flatMap((one) => one ?? []),
            settings,
            later,
          ),
        ).toMatchObject([{ endMs: Date.UTC(2018, 9, 31, 3, 1) }]);
  });

  it("reads tens of thousands of entries at once", () => {
    const { endDate: _, ...running } = entry;
    const list = Array.from({ length: 40_000 }, (_, i) => ({
      ...running,
      recordingUrl: `https://x/${i}.mp4`,
      startDate: String(1_540_000_000_000 + 1000 * i),
    }));
    expect(footageOf(list, settings, Date.UTC(2030, 0, 1))).toHaveLength(40_000);
  });

  it("names the header of a segment by the basename of its URL, too", () => {
    const listed = { ...entry, initUrl: "https://elsewhere.test.com/x/y/front%20init.mp4" };
    expect(footageOf([listed], settings, 0)).toMatchObject([{ initKey: "live/cams/front init.mp4" }]);
    expect(footageOf([{ ...entry, initUrl: "https://x/.." }], settings, 0)[0]).not.toHaveProperty("initKey");
  });

  it("reads names with characters that mean something in URLs", () => {
    const name = "Cam #1?.stream.20181031T025200051.mp4";
    const [found] = footageOf([{ ...entry, recordingUrl: `https://x/${encodeURIComponent(name)}` }], settings, 0);
    expect(found).toMatchObject({ key: `live/cams/${name}`, startMs: Date.UTC(2018, 9, 31, 2, 52, 0, 51) });
  });

  it("falls back on the listed start when a name cannot be read", () => {
    const [found] = footageOf([{ ...entry, recordingUrl: "https://x/front%20door.mp4" }], settings, 0);
    expect(found).toMatchObject({ key: "live/cams/front door.mp4", startMs: Date.parse(entry.startDate) });
  });

  it.each([
    ["no name", { recordingUrl: "https://x/" }],
    ["dots for a name", { recordingUrl: "https://x/.." }],
    ["an encoded way out", { recordingUrl: "https://x/%2e%2e%2fsecret.20181031T025200051.mp4" }],
    ["an encoded backslash", { recordingUrl: "https://x/..%5Csecret.mp4" }],
    ["a NUL", { recordingUrl: "https://x/a%00.mp4" }],
    ["a name of 10 kB", { recordingUrl: `https://x/${"a".repeat(10_240)}` }],
    ["no start", { recordingUrl: "https://x/a.mp4", startDate: "yesterday" }],
    ["no end", { endDate: "" }],
    ["an end before its start", { endDate: "2018-10-31T02:00:00.000Z" }],
  ])("leaves out an entry with %s", (_, change) => {
    expect(footageOf([{ ...entry, ...change }], settings, 0)).toEqual([]);
  });

  const start = Date.UTC(2018, 9, 31, 2, 52);
  it.each([
    ["2018-10-31T02:52:00", start],
    ["2018-10-31 02:52:00.250", start + 250],
    ["20181031T025200Z", start],
    ["2018-10-31T08:22:00+05:30", start],
    ["2018-10-31T08:22:00+0530", start],
    ["2018-10-31T04:52+02", start],
    ["Wed, 31 Oct 2018 02:52:00 GMT", start],
    ["31 Oct 2018 02:52:00", start],
    [String(start), start],
  ])("reads %s, as UTC unless it names a zone, wherever this machine stands", (startDate, startMs) => {
    const zone = process.env.TZ;
    for (const here of ["Asia/Kolkata", "America/New_York"]) {
      process.env.TZ = here;
      const found = footageOf([{ ...entry, recordingUrl: "https://x/a.mp4", startDate }], settings, 0);
      expect(found).toMatchObject([{ startMs }]);
    }
    process.env.TZ = zone ?? "UTC";
  });

  it.each([
    ["without an end", {}],
    ["with an end before its start", { endDate: "1970-01-01T00:00:00Z" }],
  ])("takes an entry %s to end where the next one starts, or where the longest recording does", (_, end) => {
    const listed = [0, 60_000, 120_000].map((ms) => ({
      recordingUrl: `https://x/${ms}.mp4`,
      startDate: new Date(start + ms).toISOString(),
      ...end,
    }));
    const ends = (sentMs: number) => footageOf(listed, settings, sentMs).map(({ endMs }) => endMs - start);
    expect(ends(start + 120_000)).toEqual([60_000, 120_000]);
    expect(ends(start + 720_000)).toEqual([60_000, 120_000, 720_000]);
  });

  it("lists an object once", () => {
    expect(footageOf([entry, { ...entry, endDate: "2018-10-31T03:01:00.000Z" }], settings, 0)).toHaveLength(1);
  });

  it("never gives a key outside of the recordings' folder", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        for (const url of [name, `https://x/${name}`, `https://x/${encodeURIComponent(name.toWellFormed())}`])
          for (const { key } of footageOf([{ ...entry, recordingUrl: url }], settings, 0)) {
            expect(key.startsWith("live/cams/")).toBe(true);
            expect(key.slice("live/cams/".length)).not.toMatch(/^\.{0,2}$|[/\\\0]/);
          }
      }),
    );
  });
});
