import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decidedStatus, eventEntry } from "@camclips/core";
import { ClipPublished, firstEvent, toEnvelope } from "@camclips/events";
import { FakeAws } from "@camclips/testing/cli/fake-aws";
import { after, type Folder, makeHarbour, temporaryFolder } from "@camclips/testing/cli/fixtures";
import { runCli, startCli } from "@camclips/testing/cli/run-cli";
import { BUCKET, startFakeS3 } from "@camclips/testing/fake-s3";
import { request } from "@camclips/testing/stage-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Runs `camclips console` until `use` has looked at what it serves. */
async function served(
  args: string[],
  env: Record<string, string>,
  use: (call: (path: string, init?: RequestInit) => Promise<Response>) => Promise<void>,
): Promise<void> {
  const { child, ended } = startCli(["console", "--no-open", ...args], { cwd: folder.path, env });
  const exited = ended.then(({ stderr }) => Promise.reject(new Error(stderr)));
  const [line] = await Promise.race([once(child.stdout as NodeJS.ReadableStream, "data"), exited]);
  const { origin, hash } = new URL(String(line).trim());
  const headers = { authorization: `Bearer ${hash.replace("#/login/", "")}` };
  try {
    await use((path, init = {}) => fetch(`${origin}${path}`, { ...init, headers: { ...headers, ...init.headers } }));
  } finally {
    child.kill("SIGTERM");
  }
  expect((await ended).code).toBe(0);
}

const queue = (name: string) => `https://sqs.eu-west-1.amazonaws.com/000000000000/${name}`;
const outputs = {
  ...{ busArn: "arn:bus", busName: "bus", archiveArn: "arn:archive", scheduleGroup: "schedules" },
  ...{ scheduleDlqUrl: queue("schedules-dlq"), requestQueueUrl: queue("accept-request") },
  ...{ recordsTable: "records", destinationBucket: BUCKET },
  stages: {
    "render-clip": {
      ...{ functionName: "render-clip", ruleArns: [], queueUrl: queue("render-clip") },
      dlqUrl: queue("render-clip-dlq"),
    },
  },
};

describe("camclips console", () => {
  it("shows a deployed stage: clips, their media and history, queues, and dead letters that are sent back", async () => {
    await using aws = await FakeAws.start();
    await using s3 = await startFakeS3();
    aws.parameters.set("/camclips/test/outputs", JSON.stringify(outputs));
    const asked = request({ clipId: "there", cameraId: "pier" });
    const sinceMs = Date.now() - 5000;
    aws.statuses.push(
      decidedStatus(asked, { status: "CLIP_AVAILABLE", isRerun: false }, new Date().toISOString(), sinceMs),
      ...["b", "a"].map((clipId) =>
        decidedStatus(
          request({ clipId }),
          { status: "FATAL_ERROR", reason: "INTERNAL", isRerun: false },
          new Date().toISOString(),
          sinceMs,
        ),
      ),
    );
    const clipMetadata = {
      ...{ cameraId: "pier", bucket: BUCKET, clip: {} },
      thumbnail: { key: "/pier/there_{size}.jpg", sizes: [80] },
    };
    const origin = { clipId: "there", key: "key", deadlineAt: new Date().toISOString() };
    const told = ClipPublished.happened({ status: "CLIP_AVAILABLE", clipMetadata, notified: true });
    const event = firstEvent(told, 1, origin, new Date().toISOString());
    aws.entries.push({ ...eventEntry("there", event.metadata.id), value: toEnvelope(event) });
    await fetch(`${s3.endpoint}/${BUCKET}/pier/there.mp4`, { method: "PUT", body: "0123456789" });
    aws.put(queue("render-clip-dlq"), "poison");

    const env = { ...aws.environment, AWS_ENDPOINT_URL_S3: s3.endpoint };
    await served(["--stage", "test"], env, async (call) => {
      const json = async (path: string) => (await call(path)).json();
      expect(await json("/about")).toEqual({ name: 'stage "test"', shows: ["links"] });
      const first = (await json("/clips?limit=2")) as { clips: { clipId: string }[]; next: string };
      const rest = (await json(`/clips?cursor=${first.next}`)) as typeof first;
      expect([...first.clips, ...rest.clips].map(({ clipId }) => clipId)).toEqual(["there", "b", "a"]);
      expect(await json("/clips/there")).toMatchObject({ state: "available", metadata: { bucket: BUCKET } });
      const video = await call("/clips/there/clip.mp4", { headers: { range: "bytes=1-3" } });
      expect([video.status, await video.text()]).toEqual([206, "123"]);
      const headers = { "content-type": "application/json" };
      const link = await call("/clips/there/links", { method: "POST", body: '{"seconds":600}', headers });
      expect([link.status, ((await link.json()) as { url: string }).url]).toEqual([
        201,
        expect.stringContaining("there.mp4?X-Amz-Algorithm="),
      ]);
      expect(await json("/operations")).toMatchObject({
        clips: { available: 1, failed: 2 },
        queues: [{ stage: "render-clip", messages: 0, deadLetters: 1 }],
      });
      expect(await json("/dead-letters?function=render-clip")).toMatchObject({
        deadLetters: [{ function: "render-clip", message: "unreadable" }],
      });
      const redrive = { method: "POST", body: '{"function":"render-clip"}', headers };
      const { left } = (await (await call("/dead-letters/redrive", redrive)).json()) as { left: string[] };
      expect(left).toHaveLength(1);
      expect((await call("/cameras")).status).toBe(404);
    });
  });

  it("shows what commands left in a state folder, with the clips that they made", async () => {
    await makeHarbour(folder.path, 1, { seconds: 1 });
    const range = ["--start", after(0), "--end", after(1000)];
    const made = await runCli(["clip", "--recordings", ".", "--camera", "harbour", ...range, "--clip-id", "one"], {
      cwd: folder.path,
    });
    expect(made.code, made.stderr).toBe(0);
    await served([], {}, async (call) => {
      const { clips } = (await (await call("/clips")).json()) as { clips: { clipId: string }[] };
      expect(clips).toMatchObject([{ clipId: "one", state: "available" }]);
      const video = await call("/clips/one/clip.mp4");
      expect([video.status, video.headers.get("content-type")]).toEqual([200, "video/mp4"]);
      expect((await video.arrayBuffer()).byteLength).toBeGreaterThan(1000);
      expect((await call("/clips/one/thumbnails/smallest")).headers.get("content-type")).toBe("image/jpeg");
    });
  });

  it("starts the service of a configuration, opens the one that runs, and says when there is nothing", async () => {
    await using site = await temporaryFolder();
    const nothing = await runCli(["console", "--no-open"], { cwd: site.path });
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('"camclips init" writes a config')]);
    await writeFile(join(site.path, "camclips.config.yaml"), "recordings: [{ folder: . }]\nlisten: 127.0.0.1:18427\n");
    await writeFile(join(site.path, "browser"), '#!/bin/sh\necho "$1" > opened\n', { mode: 0o755 });
    const first = startCli(["console", "--no-open"], { cwd: site.path });
    await once(first.child.stdout as NodeJS.ReadableStream, "data");
    const env = { BROWSER: join(site.path, "browser") };
    const second = await runCli(["console"], { cwd: site.path, env });
    expect(second).toMatchObject({ code: 0, stdout: "http://127.0.0.1:18427/\n", stderr: "" });
    // The service keeps its state in .camclips, which is not what was named.
    const typo = await runCli(["console", "--no-open", "--config", "camclip.yaml"], { cwd: site.path });
    expect([typo.code, typo.stderr]).toEqual([2, expect.stringContaining("camclip.yaml: 1 problem")]);
    const third = await runCli(["console", "--no-open", "--server", "http://127.0.0.1:1"], { cwd: site.path });
    expect([third.code, third.stderr]).toEqual([
      2,
      expect.stringContaining("no service answers at http://127.0.0.1:1"),
    ]);
    first.child.kill("SIGTERM");
    expect((await first.ended).code).toBe(0);
    expect(await readFile(join(site.path, "opened"), "utf8")).toBe("http://127.0.0.1:18427/\n");
  });
});
