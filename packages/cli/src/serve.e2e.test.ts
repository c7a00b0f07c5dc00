import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, makeHarbour, START_MS, temporaryFolder } from "@camclips/testing/cli/fixtures";
import { runCli, startCli } from "@camclips/testing/cli/run-cli";
import { until } from "@camclips/testing/folders";
import { expect, it } from "vitest";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A folder with recordings of `harbour` and a configuration. */
async function site() {
  const folder = await temporaryFolder();
  await makeHarbour(folder.path, 2);
  await mkdir(join(folder.path, "nvr"));
  for (const name of await readdir(folder.path))
    if (name.endsWith(".mp4")) await rename(join(folder.path, name), join(folder.path, "nvr", name));
  const port = await freePort();
  const config = `recordings: [{ folder: nvr }]\nlisten: 127.0.0.1:${port}\nsettings: { THUMBNAIL_SIZES: 80 }\n`;
  await writeFile(join(folder.path, "camclips.config.yaml"), config);
  const url = `http://127.0.0.1:${port}`;
  const serve = (...args: string[]) => startCli(["serve", ...args], { cwd: folder.path });
  const isUp = () =>
    fetch(`${url}/operations`).then(
      async (answer) => answer.ok && ((await answer.json()) as { index: { complete: boolean } }).index.complete,
      () => false,
    );
  /** None when calls come too often: tests look again. */
  const clips = async (query = "") => {
    const answer = await fetch(`${url}/clips?limit=500${query}`);
    return answer.ok ? ((await answer.json()) as { clips: { clipId: string; state: string }[] }).clips : [];
  };
  return {
    folder,
    cwd: folder.path,
    url,
    serve,
    isUp,
    clips,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

it("serves until it is told to stop, and refuses a second one on the same state", async () => {
  await using world = await site();
  const bin = join(world.cwd, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "systemd-notify"), '#!/bin/sh\necho "$1" >> told\n');
  await chmod(join(bin, "systemd-notify"), 0o755);
  const env = { PATH: `${bin}:${process.env.PATH}`, NOTIFY_SOCKET: "/run/x" };
  const { child, ended } = startCli(["serve", "--json"], { cwd: world.cwd, env });
  await until(world.isUp);
  const second = await runCli(["serve"], { cwd: world.cwd });
  expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining(`is in use by process ${child.pid}`) });

  const body = JSON.stringify({ camera: "harbour", start: after(1000), end: after(6000), clipId: "running" });
  await fetch(`${world.url}/clips`, { method: "POST", body, headers: { "content-type": "application/json" } });
  // As where a launcher hands over what the terminal sends to both.
  child.kill("SIGTERM");
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  expect(code).toBe(0);
  const lines = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({ level: "info", message: `serving ${world.url}` });
  expect(await readFile(join(world.cwd, "told"), "utf8")).toBe("--ready\n--stopping\n");

  const next = world.serve();
  await until(async () => (await world.isUp()) && (await world.clips()).some(({ state }) => state === "available"));
  next.child.kill("SIGTERM");
  await next.ended;
});

it("loses nothing that it accepted when it is killed, again and again", async () => {
  await using world = await site();
  const accepted = new Set<string>();
  for (let round = 0; round < 3; round++) {
    const { child, ended } = world.serve();
    await until(world.isUp);
    const asked = Array.from({ length: 10 }, async (_, index) => {
      const clipId = `clip-${round}-${index}`;
      const body = JSON.stringify({
        camera: "harbour",
        start: START_MS + 200 * index,
        end: START_MS + 200 * index + 400,
        clipId,
      });
      const answer = await fetch(`${world.url}/clips`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
      if (answer.status === 202) accepted.add(clipId);
    });
    setTimeout(() => child.kill("SIGKILL"), 100 + 300 * round);
    await Promise.allSettled(asked);
    await ended;
  }
  expect(accepted.size).toBeGreaterThan(0);
  const last = world.serve();
  await until(async () => {
    if (!(await world.isUp())) return false;
    const done = new Set((await world.clips("&state=available")).map(({ clipId }) => clipId));
    return [...accepted].every((clipId) => done.has(clipId));
  }, 110_000);
  last.child.kill("SIGTERM");
  await last.ended;
});

it("says what is wrong with a configuration, an address, and a folder that is not there", async () => {
  await using world = await site();
  const config = join(world.cwd, "bad.yaml");
  await writeFile(config, "recordings: [{ folder: nvr, layout: x, zone: Mars }]\nlisten: 0.0.0.0:80\n");
  const bad = await runCli(["serve", "--config", "bad.yaml"], { cwd: world.cwd });
  expect(bad.code).toBe(2);
  expect(bad.stderr).toContain("bad.yaml: 3 problems");
  await writeFile(config, `recordings: [{ folder: nvr }]\nstate: other\nlisten: ${new URL(world.url).host}\n`);
  const { child, ended } = world.serve();
  await until(world.isUp);
  const taken = await runCli(["serve", "--config", "bad.yaml"], { cwd: world.cwd });
  expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining("is taken by another program") });
  child.kill("SIGTERM");
  await ended;
  const none = await runCli(["serve", "--config", "none.yaml"], { cwd: world.cwd });
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("camclips init writes one") });
});

it("answers commands of another machine, with a token that may", async () => {
  await using world = await site();
  const tokens = ["view", "request", "administer"].map((scope) => {
    const sha256 = createHash("sha256").update(scope).digest("hex");
    return `{ name: ${scope}, scope: ${scope}, sha256: ${sha256} }`;
  });
  const config = await readFile(join(world.cwd, "camclips.config.yaml"), "utf8");
  await writeFile(join(world.cwd, "camclips.config.yaml"), `${config}tokens: [${tokens.join(", ")}]\n`);
  await using elsewhere = await temporaryFolder();
  const { child, ended } = world.serve();
  const run = (args: string[], env: Record<string, string> = {}) =>
    runCli([...args, "--server", world.url], { cwd: elsewhere.path, env });
  await until(async () => (await fetch(`${world.url}/healthz`).catch(() => undefined))?.ok === true);

  const refused = await run(["clips"]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("--token, or CAMCLIPS_TOKEN in the env")]);
  const asked = ["request", "--camera", "harbour", "--start", after(0), "--end", after(2000), "--clip-id", "one"];
  expect((await run([...asked, "--token", "view"])).stderr).toContain("a token of scope request is needed");
  const made = await run([...asked, "--wait", "--json"], { CAMCLIPS_TOKEN: "request" });
  expect(made.code, made.stderr).toBe(0);
  expect(JSON.parse(made.stdout)).toMatchObject({ clipId: "one", status: "CLIP_AVAILABLE" });
  const [listed, timeline] = await Promise.all([
    run(["clips", "--token", "view"]),
    run(["timeline", "--token", "view"]),
  ]);
  expect(listed.stdout).toMatch(/^available +\S+ s {2}one {2}harbour {2}/);
  expect(timeline.stdout).toMatch(/^one {2}20.*ClipPublished/s);
  const redrive = await run(["redrive", "render-clip", "--token", "request"]);
  expect(redrive.stderr).toContain("a token of scope administer is needed");
  expect((await run(["logs", "--token", "request"])).stderr).toContain("a token of scope administer is needed");
  const logged = await run(["logs", "one", "--token", "administer"]);
  expect(logged.stdout, logged.stderr).toMatch(/^\S+Z {2}INFO {3}render-clip {8}one {2}stage done: ClipRendered/m);
  const both = await run(["clips", "--stage", "staging"]);
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("cannot be used with option")]);
  child.kill("SIGTERM");
  await ended;
});

it("makes tokens whose hash the configuration takes", async () => {
  await using folder = await temporaryFolder();
  const { code, stdout } = await runCli(["token", "office", "--scope", "view"], { cwd: folder.path });
  expect(code).toBe(0);
  const token = /^token: (\S+)$/m.exec(stdout)?.[1] ?? "";
  const hash = createHash("sha256").update(token).digest("hex");
  expect(stdout).toContain(`- { name: office, scope: view, sha256: ${hash} }`);
});
