import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { testFolder, until } from "@camclips/testing/folders";
import { PIER_START, startTestService, type TestService } from "@camclips/testing/test-service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RateLimit } from "./rate-limit.ts";
import { Signer, signingKey } from "./signed.ts";

const hash = (token: string) => createHash("sha256").update(token).digest("hex");
const scopes = ["view", "request", "administer"] as const;

/** Status of a call whose headers fetch would not send so. */
function statusOf(url: string, headers: Record<string, string>, method = "GET"): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
}

it("makes another key in place of one that was cut off, and keeps a whole one", async () => {
  await using folder = await testFolder();
  const path = join(folder.path, "signing.key");
  await writeFile(path, "");
  const key = signingKey(folder.path);
  expect(key).toHaveLength(32);
  expect(await readFile(path)).toEqual(key);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(signingKey(folder.path)).toEqual(key);
  expect(await readdir(folder.path)).toEqual(["signing.key"]);
});

describe("a service with tokens", () => {
  let world: TestService;
  const wanted = { camera: "pier", start: PIER_START, end: PIER_START + 1000, clipId: "secret" };
  beforeAll(async () => {
    const tokens = scopes.map((scope) => `{ name: ${scope}, scope: ${scope}, sha256: ${hash(scope)} }`);
    world = await startTestService(`tokens: [${tokens.join(", ")}]`);
    await until(
      async () => (await as("view", "/cameras")).status === 200 && (await read("/operations")).index.complete,
    );
    await as("request", "/clips", { json: wanted });
    await until(async () => (await read("/clips/secret")).state === "available");
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const as = (token: string | undefined, path: string, init: Parameters<TestService["call"]>[1] = {}) =>
    world.call(path, { ...init, headers: { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) } });

  // biome-ignore lint/suspicious/noExplicitAny: what is in it is the test's to say.
  const read = async (path: string): Promise<any> => (await as("view", path)).json();

  it.each([
    ["/cameras", "view"],
    ["/cameras/pier", "view"],
    ["/cameras/pier/coverage", "view"],
    [`/cameras/pier/frame?at=${PIER_START}`, "view"],
    [`/cameras/recording/pier?startDate=${PIER_START}&endDate=${PIER_START + 1}`, "view"],
    ["/clips", "view"],
    ["/clips/secret", "view"],
    ["/clips/secret/events", "view"],
    ["/clips/secret/clip.mp4", "view"],
    ["/clips/secret/thumbnails/80", "view"],
    ["/files/pier/secret.mp4", "view"],
    ["/metrics", "view"],
    ["/operations", "view"],
    ["POST /clips", "request"],
    ["POST /clips/secret/links", "request"],
    ["PUT /cameras/clips/x", "request"],
    ["DELETE /clips/secret", "request"],
    ["/clips/secret/history", "view"],
    ["/dead-letters", "view"],
    ["/logs", "administer"],
    ["POST /clips/nobody/replay", "administer"],
    ["POST /dead-letters/redrive", "administer"],
    ["POST /dead-letters/1/redrive", "administer"],
  ] as const)("%s needs the scope %s", async (call, scope) => {
    const [path = "", method = "GET"] = call.split(" ").reverse();
    const bodies: Record<string, object> = {
      "/cameras/clips/x": { clipId: "x", status: "CLIP_PENDING" },
      "/clips": wanted,
      "/clips/nobody/replay": {},
      "/dead-letters/redrive": { function: "render-clip" },
    };
    const body = bodies[path] ?? { seconds: 60 };
    const init = method === "GET" ? {} : { json: body, method };
    expect((await as(undefined, path, init)).status).toBe(401);
    expect((await as("wrong", path, init)).status).toBe(401);
    for (const each of scopes) {
      const isEnough = scopes.indexOf(each) >= scopes.indexOf(scope);
      const { status } = await as(each, path, init);
      expect([each, status]).toEqual([
        each,
        isEnough ? expect.toSatisfy((code: number) => code < 300 || code === 404 || code === 409) : 403,
      ]);
    }
  });

  it("answers to any host's name, and without a token shows its page and its health alone", async () => {
    expect(await statusOf(`${world.url}/healthz`, { host: "nvr.example.com" })).toBe(200);
    expect((await as(undefined, "/")).status).toBe(200);
    expect((await as(undefined, "/openapi.json")).status).toBe(200);
  });

  it("remembers who logged in, by a cookie that pages cannot read and other sites do not send", async () => {
    expect((await world.call("/session", { json: { token: "wrong" } })).status).toBe(401);
    const login = await world.call("/session", { json: { token: "view" } });
    const cookie = login.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    const session = cookie.split(";", 1)[0] ?? "";
    expect(session).not.toContain(hash("view"));
    expect((await world.call("/clips", { headers: { cookie: session } })).status).toBe(200);
    expect((await world.call("/clips", { json: wanted, headers: { cookie: session } })).status).toBe(403);
    const forged = session.replace("view", "administer");
    expect((await world.call("/clips", { headers: { cookie: forged } })).status).toBe(401);
  });

  it("refuses what pages of other sites send", async () => {
    const send = (origin: string) => as("administer", "/clips", { json: wanted, headers: { origin } });
    expect((await send("https://evil.example.com")).status).toBe(403);
    expect((await send("null")).status).toBe(403);
    expect((await send(world.url)).status).toBe(200);
  });

  it("gives links to one clip that need no token, for as long as they last", async () => {
    const made = await as("request", "/clips/secret/links", { json: { seconds: 60 } });
    const { url = "", expiresAt = "" } = (await made.json()) as Record<string, string>;
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    const link = new URL(url);
    expect((await fetch(link)).status).toBe(200);
    expect((await fetch(`${world.url}/clips/other/clip.mp4${link.search}`)).status).toBe(403);
    expect((await fetch(`${world.url}/clips/secret${link.search}`)).status).toBe(401);
    expect((await fetch(link.href.replace(/signature=\d/, "signature=9"))).status).toBe(403);
  });

  it("sends a link along with a clip that is asked for with one", async () => {
    const clipId = "with-link";
    await as("request", "/clips", { json: { ...wanted, clipId, link: "signed" } });
    await until(async () => (await read(`/clips/${clipId}`)).metadata !== undefined);
    const { signedUrl, signedUrlExpiresAt } = (await read(`/clips/${clipId}`)).metadata;
    expect(Date.parse(signedUrlExpiresAt)).toBeGreaterThan(Date.now() + 23 * 3600_000);
    const { pathname, search } = new URL(signedUrl);
    expect((await fetch(`${world.url}${pathname}${search}`)).status).toBe(200);
    expect((await fetch(`${world.url}/clips/secret/clip.mp4${search}`)).status).toBe(403);
    expect((await read("/clips/secret")).metadata).not.toHaveProperty("signedUrl");
  });
});

describe("a service without tokens", () => {
  it("answers to this machine's own names only, and to no page of another site", async () => {
    await using world = await startTestService();
    expect(await statusOf(`${world.url}/cameras`, { host: "evil.example.com" })).toBe(421);
    expect(await statusOf(`${world.url}/cameras`, { host: "localhost:1234" })).toBe(200);
    expect((await world.call("/clips", { json: {}, headers: { origin: "https://evil.example.com" } })).status).toBe(
      403,
    );
    const preflight = await world.call("/clips", {
      method: "OPTIONS",
      headers: { origin: "https://evil.example.com" },
    });
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
    expect((await world.call("/")).headers.get("content-security-policy")).toContain("default-src 'self'");
  });
});

it("a signature holds for its parts and until its time, and no other key makes it", () => {
  const signer = new Signer(Buffer.alloc(32, 1));
  const signature = signer.sign(["clip", "a"], 1000);
  expect(signer.verify(["clip", "a"], signature, 999)).toBe(true);
  expect(signer.verify(["clip", "a"], signature, 1000)).toBe(false);
  expect(signer.verify(["clip", "b"], signature, 999)).toBe(false);
  expect(signer.verify(["clip", "a"], signature.replace("1000", "9000"), 999)).toBe(false);
  expect(new Signer(Buffer.alloc(32, 2)).verify(["clip", "a"], signature, 999)).toBe(false);
  expect(signer.verify(["clip", "a"], "", 999)).toBe(false);
});

it("who calls too often waits, and others do not", () => {
  let now = 0;
  const limit = new RateLimit(() => now);
  const waits = () => Array.from({ length: 401 }, () => limit.take("a"));
  expect(waits().filter((seconds) => seconds > 0)).toHaveLength(1);
  expect(limit.take("b")).toBe(0);
  now += 1000;
  expect(limit.take("a")).toBe(0);
});
