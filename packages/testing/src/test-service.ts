import { copyFile, mkdir, mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings } from "@camclips/events";
import { createMediaEngine } from "@camclips/media/engine";
import { makeRecording } from "@camclips/media/synthetic";
import { parseConfig } from "@camclips/recordings";
import { type Service, startService } from "@camclips/service";
import { testFfmpeg } from "./ffmpeg.ts";

/** 2026-01-01T13:05:10Z: when the recordings of `pier` start; two seconds each, back to back. */
export const PIER_START = Date.UTC(2026, 0, 1, 13, 5, 10);

export interface TestService extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  readonly errors: string[];
  /** Puts a copy of a recording of two seconds there, as if it had been written when it ended. */
  record(camera: string, startMs: number): Promise<void>;
  /** Ends the service, and starts one on the same state. */
  restart(): Promise<void>;
  call(path: string, init?: RequestInit & { json?: unknown }): Promise<Response>;
  /** A GET's answer; what is in it is the test's to say. */
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  json(path: string): Promise<any>;
}

/** A service on real recordings, with the real engine. @param more lines of its configuration. */
export async function startTestService(more = ""): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), "service-of-camclips-"));
  const sample = join(folder, "sample.mp4");
  await makeRecording({ path: sample, startMs: PIER_START, seconds: 2, gop: 25, ffmpeg: testFfmpeg });
  const record = async (camera: string, startMs: number) => {
    const at = new Date(startMs).toISOString().slice(0, 19).replaceAll(":", "-");
    await mkdir(join(folder, "nvr", camera), { recursive: true });
    const path = join(folder, "nvr", camera, `${at}.mp4`);
    await copyFile(sample, path);
    await utimes(path, new Date(startMs + 2000), new Date(startMs + 2000));
  };
  for (const seconds of [0, 2]) await record("pier", PIER_START + seconds * 1000);

  const text = `recordings: [{ folder: nvr, layout: shinobi }]\nlisten: 127.0.0.1:0\n${more}`;
  const config = parseConfig(text, join(folder, "camclips.config.yaml"));
  const base = "http://127.0.0.1";
  const settings = readSettings({
    ...{ CAM_SERVICES_URL: base, RECORDINGS_URL: base, CLIP_URL: `${base}/files`, S3_BUCKET_ORIGIN: "./nvr" },
    ...{ THUMBNAIL_SIZES: "80" },
    ...config.settings,
  });
  const media = createMediaEngine({ ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 60_000 });
  const errors: string[] = [];
  const start = (): Promise<Service> =>
    startService({
      config,
      settings,
      media,
      engine: async () => "the same throughout a test",
      log: (level, message, fields) => level === "error" && errors.push(`${message} ${JSON.stringify(fields)}`),
    });
  let service = await start();
  const call: TestService["call"] = (path, { json, ...init } = {}) => {
    const body = json === undefined ? {} : { method: "POST", body: JSON.stringify(json) };
    const headers = { ...(json !== undefined && { "content-type": "application/json" }), ...init.headers };
    return fetch(`${service.url}${path}`, { ...body, ...init, headers });
  };
  return {
    get url() {
      return service.url;
    },
    folder,
    errors,
    record,
    async restart() {
      await service.stop();
      service = await start();
    },
    call,
    async json(path) {
      for (;;) {
        const answer = await call(path);
        if (answer.status !== 429) return answer.json();
        // Tests look again and again, more often than anybody may.
        await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers.get("retry-after"))));
      }
    },
    async [Symbol.asyncDispose]() {
      await service.stop();
      // A request that was broken off may still be writing its line of the log.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
