import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { footageOf } from "./footage.ts";
import { recordingObjects } from "./recording-object.ts";

const AT = Date.UTC(2026, 0, 1, 13, 5, 10);
const contract = {
  TIMESTAMP_FORMAT: "%Y%m%dT%H%M%S%f",
  OLD_FILE_FORMAT: false,
  S3_BUCKET_ORIGIN_DIR: "live",
  RECORDING_LAYOUT: undefined,
  RECORDING_ZONE: "UTC",
};
const [first, second] = [Date.UTC(2026, 9, 25, 0, 30), Date.UTC(2026, 9, 25, 1, 30)];
const AGES = { RECORDING_MAX_LEN: 600, JOIN_TOLERANCE_MS: 1000, SQS_RETRY_LIMIT: 900 };
const laidOut = (layout: string, zone = "UTC") => ({ ...contract, RECORDING_LAYOUT: layout, RECORDING_ZONE: zone });
const atUrl = (layout: string, url: string) => recordingObjects(laidOut(layout)).atUrl(url);

describe("the object of a recording, by a layout", () => {
  it("has as many of the URL's last names as the layout has", () => {
    const path = "2026-01-01/13/harbour/05.10.mp4";
    const object = { key: `live/${path}`, startMs: AT };
    for (const url of [path, `https://nvr.test/${path}`, `https://nvr.test/media/a/${path}?sig=1/2#t=3`])
      expect(atUrl("frigate", url)).toEqual(object);
    expect(atUrl("unifi", "https://nvr.test/a/Front%20Door%20-%201-1-2026,%201.05.10pm.mp4")).toEqual({
      key: "live/Front Door - 1-1-2026, 1.05.10pm.mp4",
      startMs: AT,
    });
  });

  it("takes no host for a camera", () => {
    expect(atUrl("mediamtx", "https://harbour/2026-01-01_13-05-10-0.mp4")).toEqual({
      key: "live/2026-01-01_13-05-10-0.mp4",
      startMs: undefined,
    });
  });

  it("is found by its last name alone where the layout is another, and starts as the list says", () => {
    const listed = {
      recordingUrl: "https://nvr.test/x/clip 7.mp4",
      startDate: "2026-01-01T13:05:10Z",
      endDate: "2026-01-01T13:15:10Z",
    };
    expect(footageOf([listed], { ...laidOut("frigate"), ...AGES }, AT)).toEqual([
      { key: "live/clip 7.mp4", startMs: AT, endMs: AT + 600_000 },
    ]);
  });

  it("is in the zone of its recorder, and the list tells the hour that comes twice", () => {
    const objects = recordingObjects(laidOut("shinobi", "Europe/Paris"));
    const startsAt = (listed = {}) => objects.atUrl("harbour/2026-10-25T02-30-00.mp4", listed)?.startMs;
    expect([startsAt(), startsAt({ startMs: first + 2000 }), startsAt({ startMs: second - 2000 })]).toEqual([
      first,
      first,
      second,
    ]);
  });

  it("is in the second of two hours where the list starts it there, however long it is; without a start, where it ends", () => {
    const entry = { recordingUrl: "harbour/2026-10-25T02-30-00.mp4", startDate: new Date(second).toISOString() };
    const rules = { ...laidOut("shinobi", "Europe/Paris"), ...AGES };
    const startsAt = (startDate: string, endMs: number) =>
      footageOf([{ ...entry, startDate, endDate: new Date(endMs).toISOString() }], rules, AT)[0]?.startMs;
    expect(startsAt(entry.startDate, second + 3600_000)).toBe(second);
    expect(startsAt(new Date(first).toISOString(), second)).toBe(first);
    expect([startsAt("", first + 600_000), startsAt("", second + 600_000)]).toEqual([first, second]);
  });

  it("has its header beside it", () => {
    const objects = recordingObjects(laidOut("{camera}/%Y%m%d/%H%M%S"));
    const { key = "" } = objects.atUrl("https://cdn.test/harbour/20260101/130510.m4s") ?? {};
    expect(objects.beside(key, "https://cdn.test/init%2e1.mp4")).toBe("live/harbour/20260101/init.1.mp4");
    expect(objects.beside(key, "https://cdn.test/..%2Fa.mp4")).toBeUndefined();
    expect(recordingObjects({ ...contract, S3_BUCKET_ORIGIN_DIR: "" }).beside("a.m4s", "x/init.mp4")).toBe("init.mp4");
  });

  it("never lies outside of the recordings' folder", () => {
    const piece = fc.constantFrom("..", ".", "", "%2e%2e", "%2F", "..%2F", "\\", "%5C", "%00", "harbour", "2026-01-01");
    const name = fc.constantFrom("2026-01-01_13-05-10-0.mp4", "05.10.mp4", "..", "a%2F..%2F..%2Fb.mp4");
    fc.assert(
      fc.property(
        fc.constantFrom("mediamtx", "frigate", "{camera}/{any}/%s", "{any}/%Y-%m-%d_%H-%M-%S-%f"),
        fc.array(piece, { maxLength: 4 }),
        name,
        (layout, pieces, last) => {
          const segments = (atUrl(layout, ["https://nvr.test", ...pieces, last].join("/"))?.key ?? "live/a").split("/");
          expect(segments[0]).toBe("live");
          expect(segments.some((segment) => ["", ".", ".."].includes(segment) || /[\\\0]/.test(segment))).toBe(false);
        },
      ),
    );
  });
});

describe("the recording of an object, by a layout", () => {
  const atKey = (key: string, layout = "frigate") => recordingObjects(laidOut(layout)).atKey(key);

  it("says whose it is and when it starts", () => {
    expect(atKey("live/2026-01-01/13/harbour/05.10.mp4")).toEqual({ camera: "harbour", startMs: AT });
  });

  it.each([
    ["another folder", "2026-01-01/13/harbour/05.10.mp4"],
    ["a folder between", "live/old/2026-01-01/13/harbour/05.10.mp4"],
    ["a picture", "live/2026-01-01/13/harbour/05.10.jpg"],
    ["another layout", "live/harbour.stream.20260101T130510000.mp4"],
  ])("is none for %s", (_, key) => {
    expect(atKey(key)).toBeUndefined();
  });

  it("is nobody's where the layout tells no camera", () => {
    expect(atKey("live/20260101/130510.mp4", "%Y%m%d/%H%M%S")).toBeUndefined();
  });
});
