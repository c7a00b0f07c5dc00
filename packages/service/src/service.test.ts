import { once } from "node:events";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { UnknownCameraError } from "@camclips/core";
import { createCameraService } from "@camclips/core/camera-service";
import { until } from "@camclips/testing/folders";
import { PIER_START, startTestService, type TestService } from "@camclips/testing/test-service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { zipEntries } from "../../../tools/resource-graph/evaluation/zip-entries.ts";

let world: TestService;
beforeAll(async () => {
  world = await startTestService("requests: requests\nsettings: { SQS_TIMEOUT: 600 }");
  await until(async () => (await json("/operations")).index.complete);
});
afterAll(async () => {
  expect(world.errors).toEqual([]);
  await world[Symbol.asyncDispose]();
});

const json = (path: string) => world.json(path);
const at = (ms: number) => new Date(PIER_START + ms).toISOString();
const wanted = { camera: "pier", start: at(500), end: at(2500) };

/** Of a call whose body never comes. */
async function statusOf(method: string, path: string, headers: Record<string, string>): Promise<number | undefined> {
  const call = request(`${world.url}${path}`, { method, headers });
  call.flushHeaders();
  const [response] = await once(call, "response");
  call.destroy();
  return response.statusCode;
}

async function available(clipId: string) {
  await until(async () => !["queued", "working"].includes((await json(`/clips/${clipId}`)).state));
  return json(`/clips/${clipId}`);
}

/** Messages of a stream until it ends. */
async function messages(path: string, headers: Record<string, string> = {}) {
  const text = await (await world.call(path, { headers })).text();
  return text.split("\n\n").flatMap((block) => {
    const fields = Object.fromEntries([...block.matchAll(/^(\w+): ?(.*)$/gm)].map(([, name, value]) => [name, value]));
    return fields.event ? [fields as { event: string; data: string; id?: string }] : [];
  });
}

describe("clips over HTTP", () => {
  it("are asked for, followed, and fetched whole or in ranges", async () => {
    const asked = await world.call("/clips", { json: { ...wanted, clipId: "first", title: "Red van" } });
    expect(asked.status).toBe(202);
    expect(asked.headers.get("location")).toBe("/clips/first");
    const seen = await messages("/clips/first/events");
    const types = seen.filter(({ event }) => event === "event").map(({ data }) => JSON.parse(data)["detail-type"]);
    expect(types).toEqual([
      ...[
        "RequestAccepted",
        "SourcesLocated",
        "SourcesDownloaded",
        "ClipRendered",
        "ThumbnailsRendered",
        "ClipPublished",
      ],
    ]);
    expect(seen.at(-1)?.event).toBe("end");

    const third = seen.filter(({ id }) => id)[2];
    const resumed = await messages("/clips/first/events", { "last-event-id": third?.id ?? "" });
    expect(resumed.map(({ event }) => event)).toEqual(["event", "event", "event", "end"]);

    const clip = await available("first");
    expect(clip).toMatchObject({ state: "available", title: "Red van", metadata: { clip: { frames: 50 } } });
    const video = await world.call("/clips/first/clip.mp4");
    const bytes = Buffer.from(await video.arrayBuffer());
    expect(video.headers.get("content-type")).toBe("video/mp4");
    expect(bytes).toEqual(await readFile(join(world.folder, "clips", "pier", "first.mp4")));
    const part = (range: string, more = {}) => world.call("/clips/first/clip.mp4", { headers: { range, ...more } });
    const middle = await part("bytes=10-19");
    expect([middle.status, middle.headers.get("content-range")]).toEqual([206, `bytes 10-19/${bytes.length}`]);
    expect(Buffer.from(await middle.arrayBuffer())).toEqual(bytes.subarray(10, 20));
    expect(Buffer.from(await (await part("bytes=-5")).arrayBuffer())).toEqual(bytes.subarray(-5));
    expect((await part(`bytes=${bytes.length}-`)).status).toBe(416);
    expect((await part("bytes=0-1", { "if-range": '"other"' })).status).toBe(200);
    const etag = video.headers.get("etag") ?? "";
    expect((await world.call("/clips/first/clip.mp4", { headers: { "if-none-match": etag } })).status).toBe(304);
    const head = await world.call("/clips/first/clip.mp4", { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(bytes.length));
    const picture = await world.call("/clips/first/thumbnails/80");
    expect(picture.headers.get("content-type")).toBe("image/jpeg");
    expect((await world.call("/clips/first/thumbnails/81")).status).toBe(404);
    expect((await world.call("/files/pier/first.mp4")).status).toBe(200);
    await writeFile(join(world.folder, "clips", "pier", "first.manifest.json"), "{}");
    const manifest = await world.call("/files/pier/first.manifest.json");
    expect([manifest.status, manifest.headers.get("content-type")]).toEqual([200, "application/jose+json"]);
    expect((await world.call("/files/pier/first.json")).status).toBe(404);
    const { links } = await json("/clips/first");
    expect(links.evidence).toBe("/clips/first/manifest.json");
    expect((await world.call(links.evidence)).headers.get("content-type")).toBe("application/jose+json");
  });

  it("say what was chosen, so that the same can be asked for again", async () => {
    const chosen = { gapPolicy: "FILL_WITH_BLACK", precision: "exact", quality: "draft", priority: "high" };
    await world.call("/clips", { json: { ...wanted, ...chosen, clipId: "chosen" } });
    const { choices } = await available("chosen");
    expect(choices).toEqual(chosen);
    const again = await world.call("/clips", { json: { ...wanted, ...choices, clipId: "chosen again" } });
    expect(again.status).toBe(202);
  });

  it("are copied where the same cut was made before", async () => {
    await world.call("/clips", { json: { ...wanted, clipId: "twin" } });
    await messages("/clips/twin/events");
    const [first, twin] = [await available("first"), await available("twin")];
    expect(twin.metadata).toMatchObject({ reusedFrom: "first", clip: { sha256: first.metadata.clip.sha256 } });
    const [one, other] = [await world.call("/clips/first/clip.mp4"), await world.call("/clips/twin/clip.mp4")];
    expect(Buffer.from(await other.arrayBuffer())).toEqual(Buffer.from(await one.arrayBuffer()));
  });

  it("have a preview where one is asked for: a track that names its sprite, and a moving picture in the list", async () => {
    await world.call("/clips", { json: { ...wanted, clipId: "small", preview: "animated" } });
    await messages("/clips/small/events");
    const { links, metadata } = await available("small");
    expect(links).toMatchObject({ storyboard: "/clips/small/preview/storyboard.vtt" });
    expect((await json("/clips?search=small")).clips[0].links.animated).toBe("/clips/small/preview/animated.webp");
    const track = await world.call(links.storyboard);
    expect(track.headers.get("content-type")).toContain("text/vtt");
    expect(await track.text()).toMatch(
      /^WEBVTT\n\n00:00:00\.000 --> 00:00:0\d\.\d+\nstoryboard\.jpg#xywh=0,0,160,90\n(?:.*\n)*00.+--> 00:00:02\.000\nstory.+\n$/,
    );
    for (const [file, type] of [
      ["storyboard.jpg", "image/jpeg"],
      ["animated.webp", "image/webp"],
    ]) {
      const answer = await world.call(`/clips/small/preview/${file}`);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, type]);
    }
    // As the metadata says it, for whoever serves the folder.
    const { pathname } = new URL(metadata.preview.storyboard.url);
    expect(await (await world.call(pathname)).text()).toContain("\nsmall_storyboard.jpg#xywh=");
    const linked = await (await world.call("/clips/small/links", { json: {} })).json();
    const signed = new URL((linked as { url: string }).url).search;
    expect(await (await world.call(`${links.storyboard}${signed}`)).text()).toContain(`storyboard.jpg${signed}#xywh=`);
    expect((await json("/clips/first")).links.storyboard).toBeUndefined();
    expect((await world.call("/clips/first/preview/storyboard.vtt")).status).toBe(404);
  });

  it("carry the wall clock where it is asked for, and tell browsers what it says", async () => {
    await world.call("/clips", { json: { ...wanted, clipId: "clocked", clock: "track" } });
    await messages("/clips/clocked/events");
    const { links, metadata } = await available("clocked");
    expect(links.clock).toBe("/clips/clocked/clock.vtt");
    const track = await world.call(links.clock);
    expect(track.headers.get("content-type")).toBe("text/vtt");
    const text = await track.text();
    // The clip starts with its first frame, 20 ms after what was asked for.
    expect(text).toContain("00:00:00.480 --> 00:00:01.480\n2026-01-01 13:05:11 UTC  pier\n");
    const told = await world.call(new URL(metadata.clock.url).pathname);
    expect(await told.text()).toBe(text);
    const video = Buffer.from(await (await world.call(links.clip)).arrayBuffer());
    expect(video.includes("2026-01-01 13:05:11 UTC  pier")).toBe(true);
    expect((await world.call("/clips/first/clock.vtt")).status).toBe(404);
  });

  it("are the same clip under the same Idempotency-Key or clipId, and refused where these stand for another", async () => {
    const ask = (more: object, key?: string) =>
      world.call("/clips", { json: { ...wanted, ...more }, ...(key && { headers: { "idempotency-key": key } }) });
    const [one, two] = [await ask({}, "key-1"), await ask({}, "key-1")];
    expect([one.status, two.status]).toEqual([202, 200]);
    expect(await one.json()).toMatchObject({ clipId: expect.stringMatching(/^pier-20260101T130510500-/) });
    expect(await two.json()).toMatchObject({ clipId: expect.stringMatching(/^pier-20260101T130510500-/) });
    expect((await ask({ end: at(3000) }, "key-1")).status).toBe(409);
    expect((await ask({ clipId: "mine" })).status).toBe(202);
    expect((await ask({ clipId: "mine" })).status).toBe(200);
    const other = await ask({ clipId: "mine", end: at(3000) });
    expect(other.headers.get("content-type")).toBe("application/problem+json");
    expect([other.status, await other.json()]).toEqual([409, expect.objectContaining({ reason: "INVALID_REQUEST" })]);
    await available("mine");
  });

  it("are asked for by the hundred at once, and every one of them ends", async () => {
    const calls = Array.from({ length: 20 }, (_, index) =>
      world.call("/clips", {
        json: Array.from({ length: 5 }, (_, each) => ({
          ...{ camera: "pier", clipId: `many-${index}-${each}`, start: at(-9000), end: at(-8000), precision: "fast" },
        })),
      }),
    );
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(calls.map(() => 202));
    await until(async () => (await json("/clips?search=many-&limit=500&state=unavailable")).clips.length === 100);
    const page = await json("/clips?search=many-&limit=60");
    expect(page.clips).toHaveLength(60);
    expect((await json(`/clips?search=many-&limit=60&cursor=${page.next}`)).clips).toHaveLength(40);
  });

  it("that cannot be made are refused with a reason", async () => {
    const refused = async (more: object) => {
      const answer = await world.call("/clips", { json: { ...wanted, ...more } });
      const { reason, detail } = (await answer.json()) as Record<string, string>;
      return [answer.status, reason, detail];
    };
    expect(await refused({ camera: "attic" })).toEqual([422, "UNKNOWN_CAMERA", expect.any(String)]);
    expect(await refused({ end: at(400_000) })).toEqual([422, "CLIP_TOO_LONG", expect.any(String)]);
    expect(await refused({ end: at(0) })).toEqual([
      422,
      "INVALID_REQUEST",
      expect.stringContaining("end must be after start"),
    ]);
    expect(await refused({ start: "yesterday", gapPolicy: "NONE", colour: "red" })).toEqual([
      ...[422, "INVALID_REQUEST"],
      expect.stringMatching(/start.*gapPolicy.*colour/s),
    ]);
    const post = (body: string, type = "application/json") =>
      world.call("/clips", { method: "POST", body, headers: { "content-type": type } });
    expect((await post("{")).status).toBe(400);
    expect((await post("{}", "text/plain")).status).toBe(415);
    const posted = (headers: Record<string, string>) =>
      statusOf("POST", "/clips", { "content-type": "application/json", ...headers });
    expect(await posted({ "content-length": "2000000" })).toBe(413);
    expect(await posted({ "transfer-encoding": "chunked" })).toBe(411);
    expect((await world.call("/clips/nosuch")).status).toBe(404);
    expect((await world.call("/clips?state=asleep")).status).toBe(422);
  });

  it("survive the end of the service", async () => {
    await world.call("/clips", { json: { ...wanted, clipId: "kept" } });
    await world.restart();
    expect(await available("kept")).toMatchObject({ state: "available" });
  });

  it("that wait are made as soon as their footage arrives", async () => {
    const startMs = Math.floor(Date.now() / 1000) * 1000 - 20_000;
    await world.record("pier", startMs - 2000);
    const range = { start: new Date(startMs - 1000).toISOString(), end: new Date(startMs + 1000).toISOString() };
    await world.call("/clips", { json: { camera: "pier", clipId: "waits", ...range } });
    await until(async () => (await json("/clips/waits")).state === "waiting");
    expect(await json("/clips/waits")).toMatchObject({ status: "CLIP_PENDING", attempt: 1 });
    await world.record("pier", startMs);
    // The next attempt by schedule is ten minutes away.
    await until(async () => (await json("/clips/waits")).state === "available");
  });

  it("that wait are cancelled, and others are not", async () => {
    const startMs = Date.now() + 60_000;
    const range = { start: startMs, end: startMs + 1000 };
    await world.call("/clips", { json: { camera: "pier", clipId: "cancelled", ...range } });
    await until(async () => (await json("/clips/cancelled")).state === "waiting");
    const cancelled = await world.call("/clips/cancelled", { method: "DELETE" });
    expect([cancelled.status, await cancelled.json()]).toEqual([
      200,
      expect.objectContaining({ status: "CLIP_CANCELLED" }),
    ]);
    expect((await world.call("/clips/first", { method: "DELETE" })).status).toBe(409);
    expect((await world.call("/clips/nosuch", { method: "DELETE" })).status).toBe(404);
    expect((await world.call("/dead-letters/1/redrive", { method: "POST" })).status).toBe(404);
  });

  it("are taken out of files in the drop folder", async () => {
    const folder = join(world.folder, "requests");
    await mkdir(folder, { recursive: true });
    const range = { startTimestampInMs: PIER_START + 500, endTimestampInMs: PIER_START + 1000 };
    await writeFile(join(folder, "good.json"), JSON.stringify({ clipId: "dropped", cameraId: "pier", ...range }));
    await writeFile(join(folder, "bad.json"), "{}");
    await until(async () => (await readdir(join(folder, "refused"))).includes("bad.json.txt"));
    expect(await readFile(join(folder, "refused", "bad.json.txt"), "utf8")).toContain("clipId");
    await until(async () => (await world.call("/clips/dropped")).ok);
    expect(await readdir(join(folder, "accepted"))).toEqual(["good.json"]);
    expect(await available("dropped")).toMatchObject({ state: "available" });
  });
});

describe("groups over HTTP", () => {
  const short = { camera: "pier", start: at(500), end: at(1000) };
  const ask = (body: object, headers: Record<string, string> = {}) => world.call("/groups", { json: body, headers });
  const decided = async (groupId: string) => {
    await until(async () => (await json(`/groups/${groupId}`)).status !== "GROUP_PENDING");
    return json(`/groups/${groupId}`);
  };

  it("are told item by item, and fetched in one file that names its clips safely", async () => {
    const items = [
      { ...short, title: "Blue van" },
      { ...short, clipId: "% ..", end: at(1500) },
      { ...short, camera: "attic", clipId: "not-there" },
    ];
    const asked = await ask({ groupId: "incident", items });
    expect([asked.status, asked.headers.get("location")]).toEqual([202, "/groups/incident"]);
    expect(await asked.json()).toMatchObject({ groupId: "incident", status: "GROUP_PENDING", items: { length: 3 } });
    const group = await decided("incident");
    expect(group).toMatchObject({
      status: "GROUP_PARTLY_AVAILABLE",
      decided: 3,
      links: { zip: "/groups/incident/clips.zip" },
    });
    expect(group.items).toMatchObject([
      { clipId: "incident.1", status: "CLIP_AVAILABLE" },
      { clipId: "% ..", status: "CLIP_AVAILABLE" },
      { clipId: "not-there", status: "FATAL_ERROR", reason: "UNKNOWN_CAMERA" },
    ]);
    await until(async () => (await json("/clips/incident.1")).metadata?.groupId === "incident");
    expect(await json("/clips/incident.1")).toMatchObject({ title: "Blue van", state: "available" });

    const answer = await world.call("/groups/incident/clips.zip");
    const path = join(world.folder, "incident.zip");
    const bytes = Buffer.from(await answer.arrayBuffer());
    await writeFile(path, bytes);
    expect(answer.headers.get("content-length")).toBe(String(bytes.length));
    const clip = await readFile(join(world.folder, "clips", "pier", "incident.1.mp4"));
    expect(bytes.includes(clip)).toBe(true);
    const names = (await zipEntries(path)).map(({ name }) => name);
    expect(names).toEqual(["group.json", "pier/incident.1.mp4", "pier/%25%20...mp4"]);
    const head = await world.call("/groups/incident/clips.zip", { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(bytes.length));
  });

  it("are the same under the same groupId or Idempotency-Key, and refused where these stand for another", async () => {
    const [one, two] = await Promise.all([
      ask({ groupId: "same", items: [short] }),
      ask({ groupId: "same", items: [short] }),
    ]);
    expect([one.status, two.status].sort()).toEqual([200, 202]);
    expect((await ask({ groupId: "same", items: [{ ...short, end: at(1500) }] })).status).toBe(409);
    const named = await (await ask({ items: [short] }, { "idempotency-key": "g-1" })).json();
    const again = await ask({ items: [short] }, { "idempotency-key": "g-1" });
    expect([again.status, await again.json()]).toMatchObject([
      200,
      { groupId: (named as { groupId: string }).groupId },
    ]);
    expect((await ask({ items: [{ ...short, end: at(1500) }] }, { "idempotency-key": "g-1" })).status).toBe(409);
    await decided("same");
  });

  it("that are none are refused with a reason, and unknown ones are not found", async () => {
    expect((await ask({ groupId: "none", items: [] })).status).toBe(422);
    const bad = (await (await ask({ items: [short, { ...short, end: at(0) }] })).json()) as { detail: string };
    expect(bad.detail).toContain("items.1.end must be after start");
    for (const path of ["/groups/none", "/groups/none/clips.zip", "/groups/..%2Fx"])
      expect((await world.call(path)).status).toBe(404);
    const waiting = { camera: "pier", start: at(3_600_000), end: at(3_601_000) };
    await ask({
      groupId: "waiting",
      items: [{ ...waiting, start: new Date(Date.now() + 3_600_000), end: new Date(Date.now() + 3_601_000) }],
    });
    expect((await world.call("/groups/waiting/clips.zip")).status).toBe(409);
  });

  it("are taken out of files in the drop folder", async () => {
    const folder = join(world.folder, "requests");
    await mkdir(folder, { recursive: true });
    const range = { startTimestampInMs: PIER_START + 500, endTimestampInMs: PIER_START + 1000 };
    await writeFile(
      join(folder, "group.json"),
      JSON.stringify({ groupId: "dropped", items: [{ cameraId: "pier", ...range }] }),
    );
    await until(async () => (await world.call("/groups/dropped")).ok);
    expect(await decided("dropped")).toMatchObject({ status: "GROUP_AVAILABLE" });
  });
});

describe("cameras over HTTP", () => {
  it("have coverage, and a picture of every instant", async () => {
    const { cameras } = await json("/cameras");
    expect(cameras[0]).toMatchObject({ id: "pier", alias: "pier", first: PIER_START });
    const coverage = await json(`/cameras/pier/coverage?start=${at(-1000)}&end=${at(5000)}`);
    expect(coverage.spans).toMatchObject([{ start: PIER_START, end: PIER_START + 4000, codec: "avc1", fps: 25 }]);
    expect(coverage.gaps).toHaveLength(2);
    const picture = await world.call(`/cameras/pier/frame?at=${at(3000)}&width=160`);
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
    expect((await world.call(`/cameras/pier/frame?at=${at(9000)}`)).status).toBe(404);
    expect((await world.call("/cameras/attic/coverage")).status).toBe(404);
    expect((await world.call(`/cameras/pier/frame?at=${at(0)}&width=161`)).status).toBe(422);
  });

  it("are a camera service of the contract, for pipelines elsewhere", async () => {
    const service = createCameraService({ camerasUrl: world.url, recordingsUrl: world.url });
    expect(await service.alias("pier")).toBe("pier");
    await expect(service.alias("attic")).rejects.toThrow(UnknownCameraError);
    const recordings = await service.recordings("pier", PIER_START, PIER_START + 3000);
    expect(recordings.map(({ startDate }) => startDate)).toEqual([at(2000), at(0)]);
    expect(recordings[0]?.recordingUrl).toMatch(/\/pier\/2026-01-01T13-05-12\.mp4$/);
    const status = { clipId: "elsewhere", cameraId: "pier", status: "CLIP_NOT_AVAILABLE" };
    await service.putClip("elsewhere", status);
    expect(await json("/clips/elsewhere")).toMatchObject({ state: "unavailable", metadata: status });
  });
});

describe("the service as a whole", () => {
  it("tells its health, its numbers, and what it can do", async () => {
    expect(await json("/healthz")).toEqual({ status: "ok", problems: [] });
    const metrics = await (await world.call("/metrics")).text();
    expect(metrics).toMatch(/^camclips_recordings\{camera="pier"\} [23456]$/m);
    const document = await json("/openapi.json");
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toContain("/clips/{clipId}/events");
    const page = await (await world.call("/docs")).text();
    expect(page).toContain("Ask for a clip, or for many");
    expect(page).not.toMatch(/<script|https?:\/\/(?!127)/);
  });

  it("says so while the disk of its clips is away, and takes nothing that would only fail", async () => {
    const [clips, away] = ["clips", "away"].map((name) => join(world.folder, name)) as [string, string];
    await rename(clips, away);
    const told = `the folder ${clips} cannot be used (ENOENT): bring its disk back, or create it`;
    const health = await world.call("/healthz");
    expect([health.status, await health.json()]).toEqual([503, { status: "degraded", problems: [told] }]);
    expect((await json("/operations")).disks).toContainEqual({
      ...{ folder: clips, freeBytes: 0, totalBytes: 0 },
      problem: told,
    });
    const asked = await world.call("/clips", { json: { ...wanted, clipId: "homeless" } });
    expect([asked.status, await asked.json()]).toEqual([
      503,
      expect.objectContaining({ detail: `${told}, then ask again` }),
    ]);
    await rename(away, clips);
    expect((await world.call("/clips", { json: { ...wanted, clipId: "homeless" } })).status).toBe(202);
    expect((await available("homeless")).state).toBe("available");
  });

  it.each([
    "/../package.json",
    "/..%2f..%2fpackage.json",
    "/%2e%2e/package.json",
    "/files/..%2f..%2fx/y.mp4",
    "/files/pier/..%2ffirst.mp4",
    "/clips/..%2f..%2fx/clip.mp4",
    "/files/.unfinished/x.mp4",
  ])("leads nowhere at %s", async (path) => {
    // Unlike fetch, a socket sends the path as it is.
    const { port } = new URL(world.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    await once(socket, "close");
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("lets go of clients that hang up in the middle of a stream", async () => {
    const listeners = async () =>
      Number(/^camclips_listeners (\d+)$/m.exec(await (await world.call("/metrics")).text())?.[1]);
    const abort = new AbortController();
    await world.call("/events", { signal: abort.signal });
    await until(async () => (await listeners()) === 1);
    abort.abort();
    await until(async () => (await listeners()) === 0);
  });
});
