import { decidedStatus, requestKey, terminalEntry } from "@camclips/core";
import { createSqliteRecords, StateFile } from "@camclips/local";
import { sampleRequest } from "@camclips/testing/sample-events";
import { expect, it } from "vitest";
import type { Site } from "../site.ts";
import { clipDetail } from "./clip-view.ts";

it("tells what is being told of a clip that was decided a moment ago, before its history says so", async () => {
  using file = new StateFile(":memory:");
  const nowMs = Date.UTC(2026, 10, 23, 12);
  const records = createSqliteRecords(file, { now: () => nowMs });
  const request = sampleRequest;
  const key = requestKey(request);
  const decided = { status: "CLIP_NOT_AVAILABLE", reason: "NO_FOOTAGE", isRerun: false } as const;
  const status = decidedStatus(request, decided, new Date(nowMs + 60_000).toISOString(), nowMs);
  const clipMetadata = { clipId: request.clipId, status: "CLIP_NOT_AVAILABLE", reason: "NO_FOOTAGE" };
  await records.putOnce(terminalEntry(request.clipId, key), { clipMetadata }, { status });
  const runtime = { state: file, records, history: (clipId: string) => records.history(clipId) };
  const site = { runtime, live: { percentOf: () => undefined }, settings: {}, config: {} } as unknown as Site;
  expect(await clipDetail(site, request.clipId)).toMatchObject({
    status: "CLIP_NOT_AVAILABLE",
    metadata: clipMetadata,
  });
});
