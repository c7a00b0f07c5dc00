import { readSettings } from "@camclips/events";
import { StateFile } from "@camclips/local";
import { expect, it } from "vitest";
import type { Site } from "../site.ts";
import { ask, askAll } from "./ask.ts";

const START = Date.UTC(2026, 0, 1);
const wanted = { camera: "pier", start: START, end: START + 1000, gapPolicy: "SKIP_GAPS" as const };

/** @param request stores a request, or fails to. */
function siteOf(file: StateFile, request: Site["runtime"]["request"]): Site {
  const url = "http://x";
  return {
    config: { state: "/", clips: "/", cameras: { pier: {} } },
    settings: readSettings({ CAM_SERVICES_URL: url, RECORDINGS_URL: url, CLIP_URL: url, S3_BUCKET_ORIGIN: "x" }),
    runtime: {
      state: file,
      records: { status: async () => undefined },
      request,
    },
    index: { hasCamera: () => true },
    clock: { now: () => START },
  } as unknown as Site;
}

it("a full disk is told as such, and nothing is accepted", async () => {
  using file = new StateFile(":memory:");
  const full = siteOf(file, async () => {
    throw Object.assign(new Error("database or disk is full"), { code: "ENOSPC" });
  });
  await expect(ask(full, wanted)).rejects.toMatchObject({ name: "Problem", status: 507 });
  expect(file.read.rows("SELECT * FROM requests")).toEqual([]);
});

it.each<[string, object, string | undefined]>([
  ["clipId", { clipId: "twin" }, undefined],
  ["Idempotency-Key", {}, "key-1"],
])("a request that comes twice at once is accepted once: same %s", async (_, named, key) => {
  using file = new StateFile(":memory:");
  const site = siteOf(file, (_body, _sentMs, also) => file.write((transaction) => also?.(transaction)));
  const answers = await Promise.all([ask(site, { ...wanted, ...named }, key), ask(site, { ...wanted, ...named }, key)]);
  expect(answers.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
  expect(answers[0]?.clipId).toBe(answers[1]?.clipId);
  expect(file.read.rows("SELECT * FROM requests")).toHaveLength(1);
});

it("of many requests none is accepted where one cannot be, and it is said which", async () => {
  using file = new StateFile(":memory:");
  const site = siteOf(file, (_body, _sentMs, also) => file.write((transaction) => also?.(transaction)));
  const tooLong = { ...wanted, end: START + 3_600_000 };
  await expect(askAll(site, [wanted, tooLong])).rejects.toMatchObject({
    ...{ name: "Problem", status: 422, message: expect.stringMatching(/^clip 2 of 2: the range is 3600 s long/) },
    more: { reason: "CLIP_TOO_LONG" },
  });
  expect(file.read.rows("SELECT * FROM requests")).toEqual([]);
  expect(await askAll(site, [wanted, { ...wanted, title: "twin" }])).toMatchObject([{ isNew: true }, { isNew: true }]);
});
