import { readSettings } from "@camclips/events";
import { StateFile } from "@camclips/local";
import { expect, it } from "vitest";
import type { Site } from "../site.ts";
import { ask } from "./ask.ts";

const START = Date.UTC(2026, 0, 1);
const wanted = { camera: "pier", start: START, end: START + 1000, gapPolicy: "SKIP_GAPS" as const };

/** A world whose disk is full when a request is to be stored. */
function fullWorld(file: StateFile): Site {
  const url = "http://x";
  return {
    config: { state: "/", clips: "/", cameras: { pier: {} } },
    settings: readSettings({ CAM_SERVICES_URL: url, RECORDINGS_URL: url, CLIP_URL: url, S3_BUCKET_ORIGIN: "x" }),
    runtime: {
      state: file,
      records: { status: async () => undefined },
      request: async () => {
        throw Object.assign(new Error("database or disk is full"), { code: "ENOSPC" });
      },
    },
    index: { hasCamera: () => true },
    clock: { now: () => START },
  } as unknown as Site;
}

it("a full disk is told as such, and nothing is accepted", async () => {
  using file = new StateFile(":memory:");
  await expect(ask(fullWorld(file), wanted)).rejects.toMatchObject({ name: "Problem", status: 507 });
  expect(file.read.rows("SELECT * FROM requests")).toEqual([]);
});
