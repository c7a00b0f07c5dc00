import { join } from "node:path";
import { readRequest } from "@camclips/core";
import { readGroup } from "@camclips/core/group";
import { toEnvelope } from "@camclips/events";
import type { Desk, KnownClip } from "@camclips/functions";
import { STATE_FILE, StateFile } from "@camclips/local";
import { until } from "@camclips/testing/folders";
import { sampleEvent } from "@camclips/testing/sample-events";
import { PIER_START, startTestService, type TestService } from "@camclips/testing/test-service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serverDesk } from "./server.ts";
import { stateFolderDesk } from "./state-folder.ts";

let world: TestService;
let file: StateFile;
let desks: Desk[];
const state = () => join(world.folder, ".camclips", "service");

beforeAll(async () => {
  world = await startTestService("settings: { SQS_TIMEOUT: 600 }");
  await until(async () => (await world.json("/operations")).index.complete);
  file = new StateFile(join(state(), STATE_FILE));
  desks = [serverDesk({ url: world.url }), stateFolderDesk(state())];
});
afterAll(async () => {
  file[Symbol.dispose]();
  expect(world.errors).toEqual([]);
  await world[Symbol.asyncDispose]();
});

const each = <T>(ask: (desk: Desk) => Promise<T>): Promise<T[]> => Promise.all(desks.map(ask));
const clipsOf = (desk: Desk, wanted = {}) => Array.fromAsync(desk.clips(wanted));

async function ask(desk: Desk, clipId: string, startMs = PIER_START): Promise<void> {
  const body = JSON.stringify({
    ...{ clipId, cameraId: "pier", startTimestampInMs: startMs, endTimestampInMs: startMs + 1000 },
    precision: "exact",
  });
  const read = readRequest(body, Date.now());
  if (read.readable) await desk.request(body, read.request);
}

const statesOf = async (desk: Desk) =>
  Object.fromEntries((await clipsOf(desk)).map((clip) => [clip.clipId, clip.state]));

/** How records are ordered is told by the file alone. */
const comparable = ({ requestKey, order, ...clip }: KnownClip) => JSON.parse(JSON.stringify(clip));

async function leaveLetters(): Promise<void> {
  await file.write((transaction) => {
    for (const body of [JSON.stringify(toEnvelope(sampleEvent("ClipRendered"))), "hello"])
      transaction.run(
        "INSERT INTO dead_letters (queue, body, sent_ms, receives, error) VALUES ('render-thumbnails', ?, 5, 4, 'Error: broke')",
        body,
      );
  });
}

describe("a running service and its state folder, as people ask and act there", () => {
  it("take requests, and tell the same of their clips", async () => {
    const [server, folder] = desks as [Desk, Desk];
    await ask(server, "by-http");
    await ask(folder, "by-file");
    await until(async () => Object.values(await statesOf(folder)).join() === "available,available");
    const [told, known] = await each((desk) => clipsOf(desk));
    expect(told?.map(comparable)).toEqual(known?.map(comparable));
    expect((await server.clip("by-http"))?.state).toBe("available");
    expect(comparable((await folder.clip("by-file")) as KnownClip)).toEqual(await server.clip("by-file"));
    expect(await each((desk) => desk.clip("nobody"))).toEqual([undefined, undefined]);
    // The last event is recorded after the status.
    await until(async () => (await folder.history("by-file")).at(-1)?.type === "ClipPublished");
    const [first, second] = await each((desk) => desk.history("by-file"));
    expect(first).toEqual(second);
    expect(first?.[0]).toMatchObject({ data: { request: { precision: "exact" } } });
    expect(["by-http", "by-file"]).toEqual(expect.arrayContaining(await each((desk) => desk.latest())));
    expect(await each((desk) => desk.history("nobody"))).toEqual([[], []]);
  });

  it("find clips by state, time, range, name and place in the list", async () => {
    const all = await clipsOf(desks[1] as Desk);
    const [latest, other] = all;
    for (const [wanted, ids] of [
      [{ states: ["working"] }, []],
      [{ sinceMs: latest?.sinceMs }, [latest?.clipId]],
      [{ camera: "pier", range: [PIER_START, PIER_START + 10] }, all.map(({ clipId }) => clipId)],
      [{ camera: "gate" }, []],
      [{ search: "HTTP" }, ["by-http"]],
      [{ behind: latest }, [other?.clipId]],
    ] as const)
      expect(await each(async (desk) => (await clipsOf(desk, wanted)).map(({ clipId }) => clipId))).toEqual([ids, ids]);
  });

  it("take groups, and list them, the latest first", async () => {
    const askGroup = async (desk: Desk, groupId: string) => {
      const items = [{ cameraId: "pier", startTimestampInMs: PIER_START, endTimestampInMs: PIER_START + 500 }];
      const body = JSON.stringify({ groupId, items });
      const group = readGroup(body, Date.now());
      if (group) await desk.requestGroup(body, group);
    };
    const groupsOf = (desk: Desk, wanted = {}) => Array.fromAsync(desk.groups(wanted));
    const [server, folder] = desks as [Desk, Desk];
    await askGroup(server, "first");
    await until(async () => (await groupsOf(folder)).length === 1);
    await askGroup(folder, "second");
    const isTold = ({ status }: { status: string }) => status === "GROUP_AVAILABLE";
    await until(async () => (await groupsOf(folder)).filter(isTold).length === 2);
    const [told, known] = await each((desk) => groupsOf(desk));
    expect(told?.map(({ groupId, items }) => [groupId, items])).toEqual([
      ["second", 1],
      ["first", 1],
    ]);
    expect(told).toEqual(known);
    const [second, first] = told ?? [];
    expect(await each((desk) => groupsOf(desk, { behind: second }))).toEqual([[first], [first]]);
    expect(await each((desk) => groupsOf(desk, { sinceMs: second?.sinceMs }))).toEqual([[second], [second]]);
    const page = await world.json("/groups?limit=1");
    expect(page.groups).toMatchObject([{ groupId: "second", links: { self: "/groups/second" } }]);
    expect((await world.json(`/groups?cursor=${encodeURIComponent(page.next)}`)).groups).toHaveLength(1);
    expect((await world.call("/groups?cursor=odd")).status).toBe(422);
  });

  it("tell what was logged of a clip", async () => {
    const wanted = { sinceMs: 0, clipId: "by-file", level: "info" } as const;
    const [told, known] = await each((desk) => desk.logs(wanted));
    expect(told).toEqual(known);
    expect(told?.[0]).toMatchObject({ level: "info", stage: "accept-request", clipId: "by-file" });
    expect(await each((desk) => desk.logs({ ...wanted, level: "error" }))).toEqual([[], []]);
  });

  it("cancel what is open, and say why they do not cancel the rest", async () => {
    for (const [index, desk] of desks.entries()) {
      await ask(desk, `waits-${index}`, Date.now() + 60_000);
      await until(async () => (await statesOf(desk))[`waits-${index}`] === "waiting");
      expect(await desk.cancel(`waits-${index}`)).toEqual({ kind: "cancelled" });
      expect(await desk.cancel("by-http")).toEqual({ kind: "decided", status: "CLIP_AVAILABLE", reason: undefined });
      expect(await desk.cancel("nobody")).toEqual({ kind: "unknown" });
    }
  });

  it("take a clip up again out of its history, or say why not", async () => {
    const replay = { from: "render-clip", fromMs: 0, toMs: Date.now() + 1000, notify: false };
    for (const desk of desks) {
      expect(await desk.replay("by-http", replay)).toEqual({ kind: "sent" });
      expect(await desk.replay("nobody", replay)).toEqual({ kind: "unknown" });
    }
    expect(await desks[1]?.replay("by-http", { ...replay, toMs: 1 })).toEqual({
      kind: "no event",
      taken: ["SourcesDownloaded"],
    });
    await expect(desks[0]?.replay("by-http", { ...replay, toMs: 1e11 + 1 })).rejects.toThrow(
      "no event that render-clip takes (SourcesDownloaded) in that time",
    );
    const reruns = async () =>
      (await desks[1]?.history("by-http"))?.filter(({ type, metadata }) => type === "ClipPublished" && metadata.rerun);
    await until(async () => (await reruns())?.length === 2);
  });

  it("look into dead letters and send them back, as runs of their own", async () => {
    for (const desk of desks) {
      await leaveLetters();
      const [letters = [], others] = await each((desk) => desk.deadLetters(["render-thumbnails", "schedules"], 5));
      expect(letters).toMatchObject([
        { function: "render-thumbnails", message: "ClipRendered", error: "Error: broke" },
        { function: "render-thumbnails", message: "unreadable" },
      ]);
      const ageless = (all: typeof letters = []) => all.map(({ ageMs, ...letter }) => letter);
      expect(ageless(others)).toEqual(ageless(letters));
      const depths = await each(async (desk) =>
        (await desk.queues()).find(({ stage }) => stage === "render-thumbnails"),
      );
      expect(depths).toMatchObject([{ deadLetters: 2 }, { deadLetters: 2 }]);
      const left = [letters[1]?.messageId];
      const sent = [letters[0]?.clipId];
      const all = { limit: Number.POSITIVE_INFINITY, dryRun: true };
      expect(await desk.redrive("render-thumbnails", all)).toEqual({ sent, left });
      expect(await desk.redrive("render-thumbnails", { ...all, dryRun: false })).toEqual({ sent, left });
      const [body] = file.read.rows("SELECT body FROM messages WHERE queue = 'render-thumbnails'");
      // It may be at work by now.
      if (body) expect(String(body.body)).toContain('"id":"redrive-');
      await file.write((transaction) => transaction.run("DELETE FROM dead_letters"));
    }
  });

  it("send one dead letter back over HTTP, and refuse what would fail again", async () => {
    await leaveLetters();
    const redrive = (id: unknown) => world.call(`/dead-letters/${id}/redrive`, { method: "POST" });
    const [event, poison] = file.read.rows("SELECT id FROM dead_letters ORDER BY id");
    expect((await redrive(poison?.id)).status).toBe(409);
    expect((await redrive(event?.id)).status).toBe(202);
    expect((await redrive(event?.id)).status).toBe(404);
    expect(file.read.rows("SELECT id FROM dead_letters")).toEqual([poison]);
    await file.write((transaction) => transaction.run("DELETE FROM dead_letters"));
    const json = { function: "schedule-retry" };
    expect((await world.call("/dead-letters/redrive", { json })).status).toBe(409);
  });
});
