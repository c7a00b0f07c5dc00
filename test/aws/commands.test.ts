import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ListSchedulesCommand } from "@aws-sdk/client-scheduler";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { s3Link } from "@camclips/aws";
import { type AnyEvent, toEnvelope } from "@camclips/events";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type CliResult, startCli } from "../../packages/testing/src/cli/run-cli.ts";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";
import { until, untilLogged } from "./until.ts";

let stack: Stack;
let cwd: string;
let startMs: number;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "cli-on-aws-"));
  const { certificate } = inject("emulator");
  if (certificate) await writeFile(join(cwd, "ca.pem"), certificate);
  stack = await createStack();
  const camera = await stack.camera("harbour", Math.floor(Date.now() / 1000) * 1000 - 3600_000, { recordings: 1 });
  startMs = camera.startMs;
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

const camclips = (...args: string[]): Promise<CliResult> => startCamclips(...args).ended;

function startCamclips(...args: string[]) {
  const env = {
    AWS_ENDPOINT_URL: inject("emulator").endpoint,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: stack.account,
    AWS_SECRET_ACCESS_KEY: "test",
    NODE_EXTRA_CA_CERTS: join(cwd, "ca.pem"),
  };
  return startCli([...args, "--stage", "emulated"], { cwd, env });
}

/** The clip's events of one rerun, once it has published. */
const rerun = (prefix: string): Promise<AnyEvent[]> =>
  stack.explained("asked", () =>
    until(`the end of ${prefix}`, 60_000, async () => {
      const events = (await stack.records.history("asked")).filter(({ metadata }) =>
        metadata.rerun?.id.startsWith(prefix),
      );
      return events.some(({ type }) => type === "ClipPublished") ? events : undefined;
    }),
  );

describe("the command line on a deployed stage", () => {
  it("asks for a clip and shows what became of it", async () => {
    const range = ["--start", String(startMs + 1000), "--end", String(startMs + 3000)];
    const asked = await camclips("request", "--camera", "harbour", ...range, "--clip-id", "asked", "--wait");
    expect(asked.code, asked.stderr).toBe(0);
    expect(asked.stdout).toContain("asked  CLIP_AVAILABLE");
    expect(await stack.terminal("asked")).toMatchObject({ status: "CLIP_AVAILABLE" });
    await until("the whole history", 30_000, async () => {
      const { stdout } = await camclips("timeline", "asked", "--json");
      const events = stdout && JSON.parse(stdout).map(({ event }: { event: string }) => event);
      return events.at(-1) === "ClipPublished" && events.length === 6 ? true : undefined;
    });
  });

  it("makes a link to a clip, which nobody can use for longer, or for another clip", async () => {
    const made = await camclips("link", "asked", "--expires", "90m", "--json");
    expect(made.code, made.stderr).toBe(0);
    const { url: href } = JSON.parse(made.stdout);
    const statusOf = async (url: string) => (await fetch(url)).status;
    const clip = await fetch(href);
    expect(Buffer.from(await clip.arrayBuffer())).toEqual(
      Buffer.from((await stack.destination.get("harbour/asked.mp4")) ?? ""),
    );
    expect(await statusOf(href.replace("asked.mp4", "asked_80.jpg"))).toBe(403);
    expect(await statusOf(href.replace(/X-Amz-Expires=\d+/, "X-Amz-Expires=600000"))).toBe(403);
    expect(await statusOf(href.split("?")[0])).toBe(403);
    const short = await s3Link(
      stack.clients.s3,
      { bucket: stack.outputs.destinationBucket, key: "harbour/asked.mp4" },
      Date.now() + 1000,
      Date.now(),
    );
    await sleep(2500);
    expect((await fetch(short.url)).status).toBe(403);
    const unknown = await camclips("link", "nothing");
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("not known to stage")]);
  });

  it("sends one clip through the stage after a deploy, and says that it passed", async () => {
    const { code, stdout, stderr } = await camclips("smoke", "--json");
    expect(code, stdout + stderr).toBe(0);
    const { stages, ...result } = JSON.parse(stdout);
    expect(result).toMatchObject({ passed: true, status: "CLIP_AVAILABLE", clipId: expect.stringMatching(/^smoke-/) });
    const names = stages.map(({ stage }: { stage: string }) => stage);
    expect(names).toContain("render-clip");
    expect(names.at(-1)).toBe("publish-clip");
  });

  it("shows what the functions logged of a clip", async () => {
    const look = async () => {
      const { code, stdout, stderr } = await camclips("logs", "asked");
      expect(code, stderr).toBe(0);
      return /INFO {3}render-clip {8}asked {2}stage done: ClipRendered/.test(stdout) ? stdout : undefined;
    };
    const log = await untilLogged("a line of the render", look, () => camclips("smoke"));
    expect(log).not.toContain("smoke-");
  });

  it("renders one clip again without telling anybody", async () => {
    const { code, stderr } = await camclips("replay", "--clip", "asked", "--only", "render-clip");
    expect(code, stderr).toBe(0);
    const events = await rerun("replay-");
    expect(events.map(({ type }) => type)).toEqual(["ClipRendered", "ThumbnailsRendered", "ClipPublished"]);
    expect(await stack.notified("asked")).toHaveLength(1);
  });

  it("shows the stage in the console, with the clip's video", async () => {
    const { child, ended } = startCamclips("console", "--no-open");
    const [line] = await once(child.stdout as NodeJS.ReadableStream, "data");
    const { origin, hash } = new URL(String(line).trim());
    const headers = { authorization: `Bearer ${hash.replace("#/login/", "")}` };
    const json = async (path: string) => (await fetch(`${origin}${path}`, { headers })).json();
    expect(await json("/clips?state=available")).toMatchObject({
      clips: expect.arrayContaining([expect.objectContaining({ clipId: "asked", camera: "harbour" })]),
    });
    expect(await json("/clips?camera=harbour&search=ASK")).toMatchObject({ clips: [{ clipId: "asked" }] });
    const range = { headers: { ...headers, range: "bytes=4-7" } };
    const video = await fetch(`${origin}/clips/asked/clip.mp4`, range);
    expect([video.status, await video.text()]).toEqual([206, "ftyp"]);
    expect((await fetch(`${origin}/clips/asked/thumbnails/smallest`, { headers })).headers.get("content-type")).toBe(
      "image/jpeg",
    );
    const body = JSON.stringify({ seconds: 600 });
    const asked = { method: "POST", body, headers: { ...headers, "content-type": "application/json" } };
    const { url } = (await (await fetch(`${origin}/clips/asked/links`, asked)).json()) as { url: string };
    expect((await fetch(url)).status).toBe(200);
    const { lines } = (await json("/logs?clip=asked")) as { lines: { stage: string }[] };
    expect(lines.map(({ stage }) => stage)).toContain("render-clip");
    const { queues } = (await json("/operations")) as { queues: { stage: string; deadLetters: number }[] };
    expect(queues.map(({ stage }) => stage)).toContain("render-clip");
    child.kill("SIGTERM");
    expect((await ended).code).toBe(0);
  });

  it("cancels a clip that waits for its footage, once for all", async () => {
    const from = Date.now() + 3600_000;
    const range = ["--start", String(from), "--end", String(from + 3000)];
    expect((await camclips("request", "--camera", "harbour", ...range, "--clip-id", "unwanted")).code).toBe(0);
    await until("a clip that waits", 60_000, async () => {
      const { stdout } = await camclips("clips", "waiting", "--json");
      return stdout.includes("unwanted") ? true : undefined;
    });
    const { code, stdout, stderr } = await camclips("cancel", "unwanted");
    expect([code, stdout], stderr).toEqual([0, "unwanted  cancelled\n"]);
    expect(await stack.terminal("unwanted")).toMatchObject({
      status: "CLIP_CANCELLED",
      attributes: { status: "CLIP_CANCELLED", reason: "CANCELLED" },
    });
    expect(stack.puts("unwanted").map(({ body }) => body.status)).toEqual(["CLIP_PENDING", "CLIP_CANCELLED"]);
    const { Schedules = [] } = await stack.clients.scheduler.send(
      new ListSchedulesCommand({ GroupName: stack.outputs.scheduleGroup }),
    );
    expect(Schedules.filter(({ Name }) => Name?.startsWith("retry-"))).toEqual([]);
    const late = await camclips("cancel", "asked");
    expect([late.code, late.stderr]).toEqual([2, expect.stringContaining("it is CLIP_AVAILABLE already")]);
  });

  it("cancels a clip in the middle of its render, which stops", async () => {
    const long = await stack.camera("long", startMs - 3600_000, { recordings: 1, seconds: 240 });
    const range = ["--start", String(long.startMs), "--end", String(long.startMs + 239_000), "--precision", "exact"];
    expect((await camclips("request", "--camera", "long", ...range, "--clip-id", "endless")).code).toBe(0);
    const rendering = async () =>
      (await readdir(join(stack.folder, "scratch"), { recursive: true }).catch(() => [])).some((path) =>
        path.includes("render-"),
      );
    await stack.explained("endless", () =>
      until("a render", 90_000, async () => ((await rendering()) ? true : undefined)),
    );
    const { code, stdout, stderr } = await camclips("cancel", "endless");
    expect([code, stdout], stderr).toEqual([0, "endless  cancelled\n"]);
    expect((await stack.terminal("endless")).status).toBe("CLIP_CANCELLED");
    const look = async () => {
      const log = await camclips("logs", "endless", "--json");
      const lines = log.stdout.split("\n").filter((line) => line.includes("stage dropped its work"));
      return lines.length > 0 ? lines : undefined;
    };
    const dropped = await untilLogged("the end of the render", look, () => camclips("smoke"));
    expect(dropped.join()).toContain("the clip was cancelled");
    expect(await rendering()).toBe(false);
    expect((await stack.records.history("endless")).map(({ type }) => type)).not.toContain("ClipRendered");
    expect(await stack.destination.info("long/endless.mp4")).toBeUndefined();
  }, 300_000);

  it("redrives a dead letter, and tells what comes of it", async () => {
    const history = await stack.records.history("asked");
    const downloaded = history.find(({ type, metadata }) => type === "SourcesDownloaded" && !metadata.rerun);
    const { dlqUrl } = stack.outputs.stages["render-clip"] ?? {};
    const MessageBody = JSON.stringify(toEnvelope(downloaded as AnyEvent));
    await stack.clients.sqs.send(new SendMessageCommand({ QueueUrl: dlqUrl, MessageBody }));
    const look = await camclips("dead-letters", "render-clip", "--json");
    expect(JSON.parse(look.stdout), look.stderr).toMatchObject([
      { function: "render-clip", clipId: "asked", message: "SourcesDownloaded", error: null },
    ]);
    // SQS hides what was looked at for a while.
    await sleep(21_000);
    const { code, stdout, stderr } = await camclips("redrive", "render-clip");
    expect(code, stderr).toBe(0);
    expect(stdout).toBe("1 sent back to render-clip\n");
    await rerun("redrive-");
    await until("a second notification", 30_000, async () =>
      (await stack.notified("asked")).length === 2 ? true : undefined,
    );
    expect((await camclips("redrive", "render-clip")).stdout).toBe("0 sent back to render-clip\n");
  });
});
