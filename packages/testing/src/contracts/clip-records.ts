import { type AnyEvent, type ClipRequest, nextEvent, toEnvelope } from "@camclips/events";
import { describe, expect, it } from "vitest";
import type { ClipRecords, EntryKey } from "../../../core/src/clip-records.ts";
import {
  type ClipStatus,
  decidedStatus,
  supersedes,
  waitingStatus,
  workingStatus,
} from "../../../core/src/clip-status.ts";
import type { GroupClaim } from "../../../core/src/group-claim.ts";
import {
  claimEntry,
  cutRecord,
  eventEntry,
  groupEntry,
  makerEntry,
  notifiedEntry,
  twinEntry,
} from "../../../core/src/keys.ts";
import { SAMPLE_NOW, sampleEvent, sampleFact, sampleRequest } from "../sample-events.ts";

/** The contract of the ClipRecords port as tests: every adapter runs the same ones. Not part of the product. */

export interface RecordsUnderTest extends AsyncDisposable {
  records: ClipRecords;
}

const NOW = Date.parse(SAMPLE_NOW);
const DEADLINE = "2026-11-23T14:00:00.000Z";
const REQUEST_KEY = "11111111-1111-8111-8111-111111111111";
const { clipId } = sampleRequest;
const claim = claimEntry(clipId);
const effect = notifiedEntry(clipId, REQUEST_KEY);

const requestOf = (change: Partial<ClipRequest> = {}): ClipRequest => ({ ...sampleRequest, ...change });
const working = (change: Partial<ClipRequest> = {}, now = NOW) => workingStatus(requestOf(change), DEADLINE, now);
const waiting = (change: Partial<ClipRequest> = {}, now = NOW) =>
  waitingStatus(requestOf(change), { reason: "NO_FOOTAGE", nextAttemptMs: now + 60_000 }, DEADLINE, now);
const available = (change: Partial<ClipRequest> = {}, now = NOW) =>
  decidedStatus(requestOf(change), { status: "CLIP_AVAILABLE", isRerun: false }, DEADLINE, now);
const failed = (change: Partial<ClipRequest> & { refused?: string } = {}, { isRerun = false, now = NOW } = {}) =>
  decidedStatus(requestOf(change), { status: "FATAL_ERROR", reason: "INTERNAL", isRerun }, DEADLINE, now);

const clipIds = async (found: AsyncIterable<ClipStatus>) => (await Array.fromAsync(found)).map((each) => each.clipId);

/** Lists may be a moment late (a global index is). */
async function eventually(expectation: () => Promise<void>): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      return await expectation();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return expectation();
}

export function clipRecordsContract(name: string, open: () => Promise<RecordsUnderTest>): void {
  describe(`${name}, as clips' records,`, () => {
    it("knows nothing of a clip that was never asked for", async () => {
      await using tested = await open();
      const { records } = tested;
      expect(await records.get(claim)).toBeUndefined();
      expect(await records.status(clipId)).toBeUndefined();
      expect(await records.history(clipId)).toEqual([]);
      expect(await clipIds(records.inState("working"))).toEqual([]);
    });

    it("keeps the first value of an entry, and tells it to whoever comes later", async () => {
      await using tested = await open();
      const { records } = tested;
      const value = { text: "é\u0000\ud800\n", empty: "", none: null, list: [1.5, -0.25, 1e300], inner: { yes: true } };
      const expected = JSON.parse(JSON.stringify(value));
      expect(await records.putOnce(claim, value)).toEqual({ stored: expected, ours: true });
      expect(await records.putOnce(claim, { other: 1 })).toEqual({ stored: expected, ours: false });
      expect(await records.get(claim)).toEqual(expected);
    });

    it("keeps clips, and entries of a clip, apart", async () => {
      await using tested = await open();
      const { records } = tested;
      const keys: EntryKey[] = [claim, effect, claimEntry("other"), notifiedEntry(clipId, REQUEST_KEY, "replay-1")];
      for (const [index, key] of keys.entries()) expect((await records.putOnce(key, index)).ours).toBe(true);
      expect(await Promise.all(keys.map((key) => records.get(key)))).toEqual([0, 1, 2, 3]);
    });

    it("lets one of many who write at once win", async () => {
      await using tested = await open();
      const { records } = tested;
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, by) => records.putOnce(claim, { by }, { status: working({}, NOW + by) })),
      );
      const winners = answers.flatMap(({ ours }, by) => (ours ? [by] : []));
      expect(winners).toHaveLength(1);
      expect(new Set(answers.map(({ stored }) => JSON.stringify(stored)))).toEqual(
        new Set([JSON.stringify({ by: winners[0] })]),
      );
      expect((await records.status(clipId))?.sinceMs).toBe(NOW + (winners[0] ?? -1));
    });

    it("holds what a stage may emit: an event as large as the bus takes", async () => {
      await using tested = await open();
      const { records } = tested;
      const large = { text: "x".repeat(256 * 1024) };
      await records.putOnce(claim, large);
      expect(await records.get(claim)).toEqual(large);
    });

    it("writes nothing once the stage was aborted", async () => {
      await using tested = await open();
      const { records } = tested;
      const signal = AbortSignal.abort(new Error("time is up"));
      await expect(records.putOnce(claim, 1, { status: working(), signal })).rejects.toThrow();
      await expect(records.setStatus(working(), signal)).rejects.toThrow();
      await expect(records.lease(effect, { holder: "a", nowMs: 1, untilMs: 2 }, signal)).rejects.toThrow();
      expect(await records.get(claim)).toBeUndefined();
      expect(await records.status(clipId)).toBeUndefined();
    });

    describe("with an entry and a status that must agree,", () => {
      it("sets the status of whoever wrote the entry, and of nobody else", async () => {
        await using tested = await open();
        const { records } = tested;
        await records.putOnce(claim, 1, { status: working() });
        expect(await records.status(clipId)).toEqual(working());
        expect((await records.putOnce(claim, 2, { status: available() })).ours).toBe(false);
        expect(await records.status(clipId)).toEqual(working());
      });

      it("writes the entry also where the status is too late to count", async () => {
        await using tested = await open();
        const { records } = tested;
        await records.setStatus(available());
        expect(await records.putOnce(effect, 1, { status: failed() })).toEqual({ stored: 1, ours: true });
        expect(await records.status(clipId)).toEqual(available());
      });
    });

    describe("with one lease on an effect,", () => {
      const lease = (holder: string, nowMs = 0) => ({ holder, nowMs, untilMs: nowMs + 100 });

      it("gives it to one of many who ask at once", async () => {
        await using tested = await open();
        const { records } = tested;
        const answers = await Promise.all(
          Array.from({ length: 8 }, (_, index) => records.lease(effect, lease(`${index}`))),
        );
        expect(answers.map(({ kind }) => kind).sort()).toEqual([...Array(7).fill("held"), "taken"]);
        expect(await records.get(effect)).toBeUndefined();
      });

      it("gives it again to its holder, and to another one when it has run out or was given back", async () => {
        await using tested = await open();
        const { records } = tested;
        const ask = async (holder: string, nowMs = 0) => (await records.lease(effect, lease(holder, nowMs))).kind;
        expect(await ask("a")).toBe("taken");
        expect(await ask("a")).toBe("taken");
        expect(await ask("b", 99)).toBe("held");
        expect(await ask("b", 100)).toBe("taken");
        await records.release(effect, "a");
        expect(await ask("c", 101)).toBe("held");
        await records.release(effect, "b");
        expect(await ask("c", 101)).toBe("taken");
      });

      it("has an end when the effect is written, whoever writes it, and tells the result from then on", async () => {
        await using tested = await open();
        const { records } = tested;
        await records.lease(effect, lease("a"));
        expect(await records.putOnce(effect, { by: "a" })).toEqual({ stored: { by: "a" }, ours: true });
        expect(await records.lease(effect, lease("b", 1000))).toEqual({ kind: "done", value: { by: "a" } });
        expect(await records.putOnce(effect, { by: "b" })).toEqual({ stored: { by: "a" }, ours: false });
        await records.release(effect, "a");
        expect(await records.get(effect)).toEqual({ by: "a" });
      });
    });

    it("lets a status follow another exactly where the rule says so", async () => {
      await using tested = await open();
      const { records } = tested;
      const other = { endMs: sampleRequest.endMs + 1 };
      const retry = { retryTimestamps: [NOW] };
      const statuses = [
        working(),
        working(retry),
        waiting(),
        waiting(retry),
        available(),
        failed(),
        failed({}, { isRerun: true }),
        failed({}, { isRerun: true, now: NOW + 1 }),
        failed({ refused: REQUEST_KEY }),
        failed({ refused: REQUEST_KEY }, { now: NOW + 1 }),
        working(other),
        available(other),
      ];
      for (const [index, before] of statuses.entries()) {
        for (const [number, after] of statuses.entries()) {
          const id = `clip-${index}-${number}`;
          expect(await records.setStatus({ ...before, clipId: id })).toBe(true);
          const follows = supersedes(after, before);
          expect(await records.setStatus({ ...after, clipId: id }), `${before.order}, ${after.order}`).toBe(follows);
          expect((await records.status(id))?.order).toBe(follows ? after.order : before.order);
        }
      }
    });

    it("tells which clips are in a state, and since when: the latest first", async () => {
      await using tested = await open();
      const { records } = tested;
      for (const [index, status] of [waiting(), failed(), failed(), failed(), available()].entries())
        await records.setStatus({ ...status, clipId: `clip-${index}`, sinceMs: NOW + index * 1000 });
      await eventually(async () => {
        expect(await clipIds(records.inState("failed"))).toEqual(["clip-3", "clip-2", "clip-1"]);
        expect(await clipIds(records.inState("failed", { oldestFirst: true }))).toEqual(["clip-1", "clip-2", "clip-3"]);
        expect(await clipIds(records.inState("waiting"))).toEqual(["clip-0"]);
        const from = { fromMs: NOW + 2000 };
        expect(await clipIds(records.inState("failed", from))).toEqual(["clip-3", "clip-2"]);
        expect(await clipIds(records.inState("failed", { ...from, toMs: NOW + 3000 }))).toEqual(["clip-2"]);
        expect(await Array.fromAsync(records.inState("stalled"))).toEqual([]);
      });
    });

    it("lists a clip under its new state only", async () => {
      await using tested = await open();
      const { records } = tested;
      await records.setStatus(working());
      await records.setStatus(waiting());
      await eventually(async () => {
        expect(await clipIds(records.inState("working"))).toEqual([]);
        expect(await Array.fromAsync(records.inState("waiting"))).toEqual([waiting()]);
      });
    });

    it("tells which clips of a camera overlap a range", async () => {
      await using tested = await open();
      const { records } = tested;
      const ask = (id: string, startMs: number, endMs: number, cameraId = "pier") =>
        records.setStatus({ ...working({ cameraId, startMs, endMs }), clipId: id });
      await ask("before", NOW, NOW + 1000);
      await ask("into", NOW, NOW + 1001);
      await ask("inside", NOW + 1200, NOW + 1300);
      await ask("around", NOW - 5000, NOW + 9000);
      await ask("out-of", NOW + 1999, NOW + 3000);
      await ask("after", NOW + 2000, NOW + 3000);
      await ask("elsewhere", NOW, NOW + 9000, "beach");
      await eventually(async () => {
        const found = await clipIds(records.ofCamera("pier", { startMs: NOW + 1000, endMs: NOW + 2000 }));
        expect(found).toEqual(["around", "into", "inside", "out-of"]);
        expect(await clipIds(records.ofCamera("harbour", { startMs: 0, endMs: 2 * NOW }))).toEqual([]);
      });
    });

    it("tells which clips wait for a camera's footage, by their start, and of each the latest attempt", async () => {
      await using tested = await open();
      const { records } = tested;
      const wait = (id: string, startMs: number, retryTimestamps: number[] = [], alias = "pier") =>
        records.setWaiting({
          request: requestOf({ clipId: id, startMs, endMs: startMs + 1000, retryTimestamps }),
          alias,
          missing: [[startMs, startMs + 1000]],
          pendingId: REQUEST_KEY,
          deadlineAt: DEADLINE,
        });
      const found = async (camera: string, fromMs = 0, toMs = 2 * NOW) =>
        (await Array.fromAsync(records.waitingFor(camera, { fromMs, toMs }))).map(
          ({ request }) => `${request.clipId}.${request.retryTimestamps.length + 1}`,
        );
      expect(await found("pier")).toEqual([]);
      await wait("late", NOW + 2000);
      await wait("Süd #1", NOW, [NOW - 1]);
      await wait("Süd #1", NOW);
      await wait("late", NOW + 2000, [NOW - 2, NOW - 1]);
      await wait("late", NOW + 2000, [NOW - 2]);
      await wait("elsewhere", NOW, [], "beach.stream");
      for (let number = 0; number < 5; number += 1) await wait(`more-${number}`, NOW + 5000 + number);
      expect(await found("pier", NOW, NOW + 2000)).toEqual(["Süd #1.2", "late.3"]);
      expect(await found("pier", NOW + 1, NOW + 1999)).toEqual([]);
      expect(await found("pier", NOW + 3000)).toHaveLength(5);
      expect(await found("beach")).toEqual(["elsewhere.1"]);
      expect(await found("beach.stream")).toEqual(["elsewhere.1"]);
      expect(await clipIds(records.inState("waiting"))).toEqual([]);
    });

    it("lets the first claim of a groupId stay, and tells it to whoever comes later", async () => {
      await using tested = await open();
      const { records } = tested;
      const claims = [1, 2, 3].map((items) => ({ groupId: "Süd #1", key: `${items}`, sinceMs: NOW + items, items }));
      const answers = await Promise.all(claims.map((each) => records.claimGroup(each)));
      expect(answers.filter(({ ours }) => ours)).toHaveLength(1);
      const [first] = answers;
      for (const { stored } of answers) expect(stored).toEqual(first?.stored);
      expect(await records.get(groupEntry("Süd #1"))).toEqual(first?.stored);
      await eventually(async () => {
        expect(await Array.fromAsync(records.groups())).toEqual([first?.stored]);
      });
    });

    it("lists the groups that were taken up in a time, the latest first, and no clip among them", async () => {
      await using tested = await open();
      const { records } = tested;
      const take = (groupId: string, sinceMs: number) => records.claimGroup({ groupId, key: "k", sinceMs, items: 2 });
      await records.putOnce(claim, 1, { status: working() });
      expect(await Array.fromAsync(records.groups())).toEqual([]);
      for (let number = 0; number < 5; number += 1) await take(`group-${number}`, NOW + number * 1000);
      const found = async (since?: { fromMs?: number; toMs?: number }) =>
        (await Array.fromAsync(records.groups(since))).map(({ groupId }: GroupClaim) => groupId.slice("group-".length));
      await eventually(async () => {
        expect(await found()).toEqual(["4", "3", "2", "1", "0"]);
        expect(await found({ fromMs: NOW + 1000, toMs: NOW + 4000 })).toEqual(["3", "2", "1"]);
        expect(await found({ toMs: NOW })).toEqual([]);
      });
      expect(await clipIds(records.inState("working"))).toEqual([clipId]);
    });

    it("takes the status of a message that names neither camera nor range", async () => {
      await using tested = await open();
      const { records } = tested;
      const refused = { ...failed({ refused: REQUEST_KEY }), cameraId: null, startMs: null, endMs: null };
      expect(await records.setStatus(refused)).toBe(true);
      expect(await records.status(clipId)).toEqual(refused);
    });

    it("tells a clip's events in order: by time, and those of one millisecond by their place in the chain", async () => {
      await using tested = await open();
      const { records } = tested;
      const accepted = sampleEvent("RequestAccepted");
      const pending = nextEvent(sampleFact("SourcesPending"), 1, accepted, SAMPLE_NOW) as unknown as AnyEvent;
      const later = new Date(NOW + 60_000).toISOString();
      const retried = sampleEvent("RequestAccepted", { key: "retry" });
      retried.metadata.occurredAt = later;
      for (const event of [retried, pending, accepted])
        await records.putOnce(eventEntry(clipId, event.metadata.id), toEnvelope(event));
      await records.putOnce(claim, 1, { status: working() });
      const history = JSON.parse(JSON.stringify(await records.history(clipId)));
      expect(history).toEqual(JSON.parse(JSON.stringify([accepted, pending, retried])));
      expect(await records.history("other")).toEqual([]);
    });

    it("keeps whose turn it is to make a cut, and tells who waits for it", async () => {
      await using tested = await open();
      const { records } = tested;
      const [one, other] = ["22222222-2222-8222-8222-222222222222", "22222222-2222-8222-8222-222222222223"];
      const turns = await Promise.all(["a", "b", "c"].map((clipId) => records.putOnce(makerEntry(one, 0), { clipId })));
      expect(turns.filter(({ ours }) => ours)).toHaveLength(1);
      expect((await records.putOnce(makerEntry(one, 1), { clipId: "d" })).ours).toBe(true);
      const waiting = sampleEvent("SourcesLocated");
      for (const cut of [one, other]) await records.putOnce(twinEntry(cut, waiting.metadata.id), toEnvelope(waiting));
      expect((await records.putOnce(twinEntry(one, waiting.metadata.id), "again")).ours).toBe(false);
      const listed = (await records.history(cutRecord(one))).map(({ metadata }) => metadata.id);
      expect(listed).toEqual([waiting.metadata.id]);
      expect(await records.history(waiting.metadata.clipId)).toEqual([]);
    });

    it("finds all of a clip by its id, whatever letters are in it", async () => {
      await using tested = await open();
      const { records } = tested;
      const odd = "Süd #1%20";
      const event = sampleEvent("RequestAccepted");
      await records.putOnce(eventEntry(odd, event.metadata.id), toEnvelope(event), {
        status: { ...working({ cameraId: "Front Door" }), clipId: odd },
      });
      expect(await records.history(odd)).toHaveLength(1);
      expect((await records.status(odd))?.cameraId).toBe("Front Door");
      expect(await records.history(encodeURIComponent(odd))).toEqual([]);
      await eventually(async () => {
        const range = { startMs: sampleRequest.startMs, endMs: sampleRequest.endMs };
        expect(await clipIds(records.ofCamera("Front Door", range))).toEqual([odd]);
      });
    });

    it("gives every event of a long history", async () => {
      await using tested = await open();
      const { records } = tested;
      const keys = Array.from({ length: 60 }, (_, index) => `attempt-${index}`);
      const events = keys.map((key) => sampleEvent("RequestAccepted", { key }));
      const padding = "x".repeat(30_000);
      for (const event of events)
        await records.putOnce(eventEntry(clipId, event.metadata.id), { ...toEnvelope(event), padding });
      expect(await records.history(clipId)).toHaveLength(60);
    });
  });
}
