import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  clipKey,
  clockKey,
  decidedStatus,
  eventEntry,
  groupItemsEntry,
  manifestKey,
  previewKey,
  readRequest,
  thumbnailKey,
  waitingStatus,
} from "@camclips/core";
import { type AnyEvent, ClipPublished, firstEvent, nextEvent, RequestAccepted, toEnvelope } from "@camclips/events";
import { createFolderStore, createLocalDesk, createLogFile, operatorPorts, StateFile } from "@camclips/local";
import { type TestFolder, testFolder } from "@camclips/testing/folders";
import { request } from "@camclips/testing/stage-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DeskConsole, startDeskConsole } from "./desk-app.ts";

const clock = { now: Date.now };
const now = Date.now();
const at = (ms: number) => new Date(now + ms).toISOString();
const VIDEO = "0123456789";

let folder: TestFolder;
let file: StateFile;
let served: DeskConsole;
const errors: unknown[] = [];

/** A clip that is there, with its files, and some that wait. */
async function seed(): Promise<void> {
  const { records } = operatorPorts(file, clock);
  const asked = request({ clipId: "there", cameraId: "cam 1", precision: "exact", gapPolicy: "REJECT" });
  const accepted = firstEvent(
    RequestAccepted.happened({ request: asked }),
    1,
    {
      ...{ clipId: "there", key: "key", deadlineAt: at(1e6) },
    },
    at(0),
  ) as AnyEvent;
  const clipMetadata = {
    ...{ cameraId: "cam 1", bucket: "clips", clip: { bytes: VIDEO.length } },
    thumbnail: { key: "/cam%201/there_{size}.jpg", sizes: [300, 80] },
    preview: { storyboard: { key: "/cam%201/there_storyboard.vtt" } },
    clock: { key: "/cam%201/there_clock.vtt" },
    evidence: { key: "/cam%201/there.manifest.json", kid: "kid" },
  };
  const told = { status: "CLIP_AVAILABLE" as const, clipMetadata, notified: true };
  const published = nextEvent(ClipPublished.happened(told), 1, accepted, at(90)) as AnyEvent;
  for (const event of [accepted, published])
    await records.putOnce(eventEntry("there", event.metadata.id), toEnvelope(event));
  await records.setStatus(decidedStatus(asked, { status: "CLIP_AVAILABLE", isRerun: false }, at(0), now - 1000));
  for (let index = 0; index < 4; index++) {
    const waiting = { reason: "RECORDING_NOT_YET_AVAILABLE", nextAttemptMs: now + 60_000 } as const;
    const status = waitingStatus(request({ clipId: `waits-${index}` }), waiting, at(1e6), now - 2000);
    await records.setStatus(status);
  }
  const objects = [
    [clipKey("cam 1", "there"), VIDEO],
    [thumbnailKey("cam 1", "there", 80, "jpg"), "small"],
    [previewKey("cam 1", "there", "storyboard"), "WEBVTT\n\n00:00.000 --> 00:01.000\nthere_sprite.jpg#xywh=0,0,1,1\n"],
    [previewKey("cam 1", "there", "sprite"), "sprite"],
    [clockKey("cam 1", "there"), "WEBVTT\n"],
    [manifestKey("cam 1", "there"), "signed"],
  ] as const;
  for (const [key, body] of objects) {
    await mkdir(dirname(join(folder.path, key)), { recursive: true });
    await writeFile(join(folder.path, key), body);
  }
}

beforeAll(async () => {
  folder = await testFolder();
  file = new StateFile(":memory:");
  await seed();
  const desk = createLocalDesk({
    name: 'stage "test"',
    file,
    folder: folder.path,
    clock,
    ports: operatorPorts(file, clock),
  });
  const store = createFolderStore(folder.path);
  served = await startDeskConsole({
    desk,
    open: (bucket, key, signal) => (bucket === "clips" ? store.open(key, signal) : Promise.resolve(undefined)),
    link: async ({ cameraId, clipId }, expiresMs) => ({
      url: `https://clips.example.com/${cameraId}/${clipId}`,
      expiresAt: new Date(expiresMs).toISOString(),
    }),
    address: "127.0.0.1:0",
    onError: (error) => errors.push(error),
  });
});
afterAll(async () => {
  await served.close();
  file[Symbol.dispose]();
  await folder[Symbol.asyncDispose]();
  expect(errors).toEqual([]);
});

const call = (path: string, init: RequestInit = {}) =>
  fetch(`${served.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${served.token}`, ...init.headers },
  });
// biome-ignore lint/suspicious/noExplicitAny: what is in an answer is the test's to say.
const json = async (path: string): Promise<any> => (await call(path)).json();
const post = (path: string, body: unknown) =>
  call(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });

describe("the console of a desk", () => {
  it("lets nobody in without the token, and shows the page and what it is of", async () => {
    expect((await fetch(`${served.url}/clips`)).status).toBe(401);
    expect((await fetch(`${served.url}/operations`)).status).toBe(401);
    expect((await fetch(`${served.url}/`)).status).toBe(200);
    expect(await (await fetch(`${served.url}/about`)).json()).toEqual({ name: 'stage "test"', shows: ["links"] });
    const token = JSON.stringify({ token: served.token });
    const headers = { "content-type": "application/json" };
    const login = await fetch(`${served.url}/session`, { method: "POST", body: token, headers });
    const cookie = login.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
    expect((await fetch(`${served.url}/clips`, { headers: { cookie } })).status).toBe(200);
  });

  it("pages through clips, and finds them by state, camera and name", async () => {
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const page = await json(`/clips?limit=2${next ? `&cursor=${encodeURIComponent(next)}` : ""}`);
      seen.push(...page.clips.map(({ clipId }: { clipId: string }) => clipId));
      next = page.next;
    } while (next);
    expect(seen).toEqual(["there", "waits-3", "waits-2", "waits-1", "waits-0"]);
    const ids = async (query: string) =>
      (await json(`/clips?${query}`)).clips.map((clip: { clipId: string }) => clip.clipId);
    expect(await ids("state=available")).toEqual(["there"]);
    expect(await ids("camera=cam%201")).toEqual(["there"]);
    expect(await ids("search=S-2")).toEqual(["waits-2"]);
    expect(await ids("search=there")).toEqual(["there"]);
    expect((await call("/clips?state=odd")).status).toBe(422);
  });

  it("shows a clip with what its caller was told, and its history", async () => {
    const clip = await json("/clips/there");
    expect(clip).toMatchObject({ state: "available", camera: "cam 1", metadata: { clip: { bytes: 10 } } });
    expect(clip.choices).toEqual({ precision: "exact", gapPolicy: "REJECT" });
    expect((await call(clip.links.clip)).status).toBe(200);
    expect((await json("/clips/there/history")).events).toHaveLength(2);
    const text = await (await call("/clips/there/events")).text();
    expect([...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name)).toEqual(["event", "event", "end"]);
    expect(await json("/clips/waits-0")).toMatchObject({ state: "waiting", status: "CLIP_PENDING" });
    expect((await call("/clips/nobody")).status).toBe(404);
  });

  it("lists groups, and shows what became of each clip of one", async () => {
    const { records } = operatorPorts(file, clock);
    for (const [index, groupId] of ["older", "a b"].entries())
      await records.claimGroup({ groupId, key: "key", sinceMs: now + index, items: 2 });
    const item = { clipId: "there", cameraId: "cam 1", startMs: 1, endMs: 2, requestKey: randomUUID(), isOlder: false };
    await records.putOnce(groupItemsEntry("a b"), { items: [item, { ...item, clipId: "other" }] });
    const page = await json("/groups?limit=1");
    expect(page.groups).toEqual([
      { groupId: "a b", since: now + 1, items: 2, status: "GROUP_PENDING", links: { self: "/groups/a%20b" } },
    ]);
    const rest = await json(`/groups?cursor=${encodeURIComponent(page.next)}`);
    expect(rest).toMatchObject({ groups: [{ groupId: "older" }] });
    expect(rest.next).toBeUndefined();
    expect(await json(page.groups[0].links.self)).toMatchObject({
      ...{ groupId: "a b", status: "GROUP_PENDING", decided: 0 },
      items: [{ clipId: "there", status: "CLIP_PENDING" }, { clipId: "other" }],
    });
    for (const nobody of ["older", "nobody", "a%2Fb"]) expect((await call(`/groups/${nobody}`)).status).toBe(404);
    expect((await fetch(`${served.url}/groups`)).status).toBe(401);
  });

  it("sends the clip in ranges, and its thumbnails", async () => {
    const part = await call("/clips/there/clip.mp4", { headers: { range: "bytes=2-4" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 2-4/10", "234"]);
    const etag = part.headers.get("etag") ?? "";
    expect((await call("/clips/there/clip.mp4", { headers: { "if-none-match": etag } })).status).toBe(304);
    const saved = await call("/clips/there/clip.mp4?download=1");
    expect(saved.headers.get("content-disposition")).toContain("there.mp4");
    expect(await (await call("/clips/there/thumbnails/smallest")).text()).toBe("small");
    const { links } = await json("/clips/there");
    expect(await (await call(links.storyboard)).text()).toContain("\nstoryboard.jpg#xywh=0,0,1,1\n");
    expect(await (await call("/clips/there/preview/storyboard.jpg")).text()).toBe("sprite");
    expect((await call("/clips/there/preview/animated.webp")).status).toBe(404);
    // What the metadata tells, and is gone; what it does not tell; and what is not there yet.
    expect((await call("/clips/there/thumbnails/300")).status).toBe(404);
    expect((await call("/clips/there/thumbnails/81")).status).toBe(404);
    expect((await call("/clips/waits-0/clip.mp4")).status).toBe(404);
  });

  it("sends the evidence of a clip and its clock, and makes links to it", async () => {
    const { links } = await json("/clips/there");
    const manifest = await call(links.evidence);
    expect([manifest.headers.get("content-type"), await manifest.text()]).toEqual(["application/jose+json", "signed"]);
    expect((await call(links.clock)).headers.get("content-type")).toBe("text/vtt");
    const made = await post("/clips/there/links", { seconds: 600 });
    expect(made.status).toBe(201);
    const { url, expiresAt } = (await made.json()) as { url: string; expiresAt: string };
    expect(url).toBe("https://clips.example.com/cam 1/there");
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - 600_000)).toBeLessThan(60_000);
    expect((await post("/clips/waits-0/links", { seconds: 600 })).status).toBe(404);
    expect((await post("/clips/there/links", { seconds: 1 })).status).toBe(422);
  });

  it("shows what was logged of a clip", async () => {
    const log = createLogFile(folder.path);
    for (const clipId of ["there", "other"]) log.info("stage done", { stage: "publish-clip", clipId });
    log.error("stage failed", { stage: "render-clip", clipId: "there", error: new Error("broke") });
    const { lines } = await json("/logs?clip=there");
    expect(lines).toMatchObject([
      { level: "info", stage: "publish-clip", clipId: "there", summary: "stage done" },
      { level: "error", stage: "render-clip", summary: "stage failed: Error: broke" },
    ]);
    const summaries = async (query: string) =>
      (await json(`/logs?${query}`)).lines.map(({ summary }: { summary: string }) => summary);
    expect(await summaries("level=warn")).toEqual(["stage failed: Error: broke"]);
    expect(await summaries("limit=1")).toEqual(["stage failed: Error: broke"]);
    expect(await summaries(`since=${Date.now() + 60_000}`)).toEqual([]);
    expect((await call("/logs?level=loud")).status).toBe(422);
  });

  it("tells queues, and has dead letters looked at and sent back on request", async () => {
    await file.write((transaction) =>
      transaction.run(
        "INSERT INTO dead_letters (queue, body, sent_ms, receives, error) VALUES ('accept-request', '{}', 5, 4, 'Error: broke')",
      ),
    );
    const operations = await json("/operations");
    expect(operations).toMatchObject({ clips: { available: 1, waiting: 4 } });
    expect(operations.queues[0]).toEqual({ stage: "accept-request", messages: 0, deadLetters: 1 });
    expect((await json("/dead-letters")).deadLetters).toMatchObject([{ error: "Error: broke" }]);
    const sent = await post("/dead-letters/redrive", { function: "accept-request" });
    expect(await sent.json()).toEqual({ sent: ["?"], left: [] });
    expect((await json("/operations")).queues[0]).toMatchObject({ messages: 1, deadLetters: 0 });
  });

  it("asks for a clip as a caller does, and shows it until it is taken up", async () => {
    const wanted = { camera: "pier", start: at(-60_000), end: at(-50_000) };
    const asked = await post("/clips", wanted);
    const { clipId } = (await asked.json()) as { clipId: string };
    expect(asked.status).toBe(202);
    expect(await json(`/clips/${clipId}`)).toMatchObject({ state: "queued", camera: "pier" });
    const [message] = file.read.rows("SELECT body FROM messages ORDER BY id DESC LIMIT 1");
    expect(readRequest(String(message?.body), now).request).toMatchObject({ clipId, cameraId: "pier" });
    expect((await post("/clips", { ...wanted, end: wanted.start })).status).toBe(422);
    expect((await call("/clips/nobody", { method: "DELETE" })).status).toBe(404);
  });
});
