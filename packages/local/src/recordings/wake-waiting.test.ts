import { readSettings } from "@camclips/events";
import { expect, it } from "vitest";
import type { RecordingRow } from "./rows.ts";
import { wakeWaiting } from "./wake-waiting.ts";

const START = Date.UTC(2026, 0, 1, 13);
const settings = readSettings({
  CAM_SERVICES_URL: "http://x",
  RECORDINGS_URL: "http://x",
  CLIP_URL: "http://x",
  S3_BUCKET_ORIGIN: "x",
});

const waitingClip = (clipId: string, cameraId: string, queue: "requests" | "check-deadline" = "requests") => ({
  name: `retry-${clipId}`,
  atMs: START + 3600_000,
  queue,
  body: JSON.stringify({
    clipId,
    cameraId,
    startTimestampInMs: START + 5000,
    endTimestampInMs: START + 15_000,
    retryTimestamps: [START + 16_000],
  }),
});

it("tries those clips again that new footage decides, and no others", async () => {
  const schedules = [waitingClip("a", "pier"), waitingClip("b", "gate"), waitingClip("c", "pier", "check-deadline")];
  const woken: string[] = [];
  const wake = (...recordings: [fromSeconds: number, toSeconds: number][]) =>
    wakeWaiting("pier", {
      runtime: { schedules, fireEarly: async (names) => void woken.push(...names) },
      index: {
        listed: async () =>
          recordings.map(([from, to], index) => ({
            recordingUrl: `http://x/${index}`,
            startDate: new Date(START + from * 1000).toISOString(),
            endDate: new Date(START + to * 1000).toISOString(),
            row: {} as RecordingRow,
          })),
      },
      settings,
      now: () => START + 30_000,
    });

  await wake([0, 10]);
  expect(woken).toEqual([]);
  await wake([0, 10], [10, 20]);
  expect(woken).toEqual(["retry-a"]);
  // What is missing will never come once newer footage is there.
  await wake([0, 10], [20, 30]);
  expect(woken).toEqual(["retry-a", "retry-a"]);
});
