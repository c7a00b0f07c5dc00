import fc from "fast-check";
import { expect, it } from "vitest";
import * as keys from "./keys.ts";

const hostile = [
  "",
  ".",
  "..",
  "../x",
  ".metadata",
  "a/b",
  "a\\b",
  "a\0",
  "a\n",
  "a\u2028",
  "a\ud800",
  "a".repeat(129),
];
const EVENT = "11111111-1111-8111-8111-111111111111";

it("has the contract's names in the destination", () => {
  expect(keys.clipKey("cam", "clip")).toBe("cam/clip.mp4");
  expect(keys.thumbnailKey("cam", "clip", 300, "jpg")).toBe("cam/clip_300.jpg");
  expect(keys.thumbnailKey("cam", "clip", "original", "webp")).toBe("cam/clip_original.webp");
  expect(keys.clockKey("cam", "clip")).toBe("cam/clip_clock.vtt");
  expect((["storyboard", "sprite", "animated"] as const).map((file) => keys.previewKey("cam", "clip", file))).toEqual([
    "cam/clip_storyboard.vtt",
    "cam/clip_storyboard.jpg",
    "cam/clip_preview.webp",
  ]);
});

it("lets no hostile id into any key", () => {
  for (const bad of hostile) {
    const built = [
      () => keys.clipKey(bad, "clip"),
      () => keys.clipKey("cam", bad),
      () => keys.thumbnailKey(bad, "clip", 1, "jpg"),
      () => keys.thumbnailKey("cam", bad, 1, "jpg"),
      () => keys.clockKey(bad, "clip"),
      () => keys.clockKey("cam", bad),
      () => keys.previewKey(bad, "clip", "sprite"),
      () => keys.previewKey("cam", bad, "animated"),
      () => keys.stagedSourceKey(bad, EVENT, 0),
      () => keys.stagedSourceKey("clip", bad, 0),
      () => keys.claimEntry(bad),
      () => keys.resultEntry(bad, "locate-sources", EVENT),
      () => keys.resultEntry("clip", "locate-sources", bad),
      () => keys.terminalEntry(bad, EVENT),
      () => keys.notifiedEntry(bad, EVENT),
      () => keys.putEntry("clip", bad),
      () => keys.eventEntry(bad, EVENT),
      () => keys.eventEntry("clip", bad),
    ];
    for (const build of built) expect(build, JSON.stringify(bad)).toThrow();
  }
});

it("keeps the entries of a request, of another one and of each rerun apart", () => {
  const made = [keys.terminalEntry, keys.notifiedEntry, keys.putEntry].flatMap((key) => [
    key("clip", EVENT),
    key("clip", "22222222-1111-8111-8111-111111111111"),
    key("clip", EVENT, "replay-1"),
    key("clip", EVENT, "replay.2"),
  ]);
  expect(new Set(made.map(({ name }) => name)).size).toBe(made.length);
});

it("gives a recording a key only inside of its folder", () => {
  expect(keys.recordingKey("live", "a b.mp4")).toBe("live/a b.mp4");
  expect(keys.recordingKey("", "a.mp4")).toBe("a.mp4");
  for (const bad of ["", ".", "..", "a/b", "a\\b", "a\0", "a".repeat(256)])
    expect(keys.recordingKey("live", bad)).toBeUndefined();
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const key = keys.recordingKey("live", name);
      const parts = key?.split("/") ?? ["live", "x"];
      expect(parts.length === 2 && parts[0] === "live" && parts[1] !== ".." && parts[1] !== "").toBe(true);
    }),
  );
});

it("encodes in keys what is no letter or digit, and lets no two ids share one", () => {
  const ids = ["-a", "_a", "a b", "a.mp4", "é", "前门", "100%", "a%20b", "a"];
  expect(keys.clipKey("Front Door", "-NxT")).toBe("Front%20Door/-NxT.mp4");
  expect(keys.clipKey("Süd.1", "100%")).toBe("Süd.1/100%25.mp4");
  expect(new Set(ids.flatMap((camera) => ids.map((clip) => keys.clipKey(camera, clip)))).size).toBe(ids.length ** 2);
});

it("names no file longer than a disk takes, however long an id is", () => {
  for (const long of ["前".repeat(66), "%".repeat(66), "a".repeat(128)]) {
    const made = [
      keys.clipKey(long, long),
      keys.previewKey(long, long, "sprite"),
      keys.manifestKey(long, long),
      keys.stagedSourceKey(long, EVENT, 9999),
    ];
    for (const segment of made.flatMap((key) => key.split("/")))
      expect(Buffer.byteLength(segment), segment).toBeLessThanOrEqual(255);
  }
});
