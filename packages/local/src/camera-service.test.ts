import { type Footage, UnknownCameraError } from "@camclips/core";
import { createCameraService } from "@camclips/core/camera-service";
import { describe, expect, it } from "vitest";
import { startCameraService } from "./camera-service.ts";
import { createLocalCameras } from "./cameras.ts";

const recordings: Footage[] = [
  { key: "pier.stream.20181031T025200051.mp4", startMs: 1_000_000, endMs: 1_600_000 },
  { key: "a name.mp4", startMs: 1_600_000, endMs: 2_200_000 },
];
const cameras = new Map([["cam-1", { alias: "pier", recordings: () => recordings }]]);
const start = () => startCameraService({ cameras });
const clientOf = ({ url }: { url: string }) =>
  createCameraService({ camerasUrl: url, recordingsUrl: url, attempts: 1, timeoutMs: 60_000 });

describe("cameras in the same process", () => {
  it("are listed as over HTTP", async () => {
    await using service = await start();
    const [client, local] = [clientOf(service), createLocalCameras(cameras)];
    expect(await local.alias("cam-1")).toBe(await client.alias("cam-1"));
    for (const [from, to] of [
      [0, 5_000_000],
      [1_599_999, 1_600_001],
      [2_200_000, 9_000_000],
    ] as const) {
      const listed = (await local.recordings("pier", from, to)).map(({ recordingUrl, startDate, endDate }) => {
        return { recordingUrl, startDate, endDate };
      });
      expect(listed).toEqual(await client.recordings("pier", from, to));
    }
    await expect(local.alias("cam-2")).rejects.toThrow(UnknownCameraError);
    expect(await local.recordings("other", 0, 1)).toEqual([]);
    await local.putClip("clip-1", {});
  });
});

describe("the camera service for one machine", () => {
  it("answers the product's own client as the contract says, newest recording first", async () => {
    await using service = await start();
    const client = clientOf(service);
    expect(await client.alias("cam-1")).toBe("pier");
    const listed = await client.recordings("pier", 0, 5_000_000);
    expect(listed.map(({ recordingUrl }) => recordingUrl)).toEqual([
      "https://recordings.invalid/pier/a%20name.mp4",
      "https://recordings.invalid/pier/pier.stream.20181031T025200051.mp4",
    ]);
    expect(listed[1]).toMatchObject({ startDate: "1970-01-01T00:16:40.000Z", endDate: "1970-01-01T00:26:40.000Z" });
  });

  it("says of a segment where its header is", async () => {
    const segment = { key: "2.m4s", startMs: 0, endMs: 2000, initKey: "init.mp4" };
    const listing = new Map([["cam-1", { alias: "pier", recordings: () => [segment] }]]);
    await using service = await startCameraService({ cameras: listing });
    expect(await clientOf(service).recordings("pier", 0, 1)).toMatchObject([
      { recordingUrl: "https://recordings.invalid/pier/2.m4s", initUrl: "https://recordings.invalid/pier/init.mp4" },
    ]);
  });

  it("lists what overlaps the range, its end being exclusive", async () => {
    await using service = await start();
    const count = async (from: number, to: number) => (await clientOf(service).recordings("pier", from, to)).length;
    expect(await count(0, 1_000_000)).toBe(0);
    expect(await count(0, 1_000_001)).toBe(1);
    expect(await count(1_599_999, 1_600_001)).toBe(2);
    expect(await count(2_200_000, 9_000_000)).toBe(0);
  });

  it("keeps every status it is told", async () => {
    await using service = await start();
    await clientOf(service).putClip("clip-1", { status: "CLIP_PENDING" });
    expect(service.puts).toEqual([{ clipId: "clip-1", body: { status: "CLIP_PENDING" } }]);
  });

  it("knows no other camera and no other alias", async () => {
    await using service = await start();
    await expect(clientOf(service).alias("cam-2")).rejects.toThrow(UnknownCameraError);
    expect(await clientOf(service).recordings("other", 0, 1)).toEqual([]);
  });

  it("can be made to fail, and to come back", async () => {
    await using service = await start();
    service.intercept = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    await expect(clientOf(service).alias("cam-1")).rejects.toThrow(/503/);
    service.intercept = undefined;
    expect(await clientOf(service).alias("cam-1")).toBe("pier");
  });

  it.each(["/", "/cameras", "/cameras/%", "/x/y", "//cameras/clips"])("survives a request for %s", async (path) => {
    await using service = await start();
    const { status } = await fetch(service.url + path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect((await fetch(`${service.url}/cameras/clips/c`, { method: "PUT", body: "{" })).status).toBe(500);
    expect(await clientOf(service).alias("cam-1")).toBe("pier");
  });
});
