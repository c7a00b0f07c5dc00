import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { testFolder, until } from "@camclips/testing/folders";
import { keptBufferBytes } from "@camclips/testing/kept-memory";
import { PIER_START, startTestService, type TestService } from "@camclips/testing/test-service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listen } from "./listen.ts";
import { sendFile } from "./send-file.ts";

let world: TestService;
beforeAll(async () => {
  world = await startTestService();
  await until(async () => (await world.json("/operations")).index.complete);
});
afterAll(async () => {
  expect(world.errors).toEqual([]);
  await world[Symbol.asyncDispose]();
});

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const bodyOf = (clipId: string) => ({ camera: "pier", start: PIER_START, end: PIER_START + 1000, clipId });

/** A connection of its own, which stays half open when either side ends. */
async function socketTo(url: string, sent: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  await once(socket, "connect");
  socket.write(sent);
  return socket;
}

async function listeners(): Promise<number> {
  return Number(/^camclips_listeners (\d+)$/m.exec(await (await world.call("/metrics")).text())?.[1]);
}

it("a hundred clients that ask for one clip at once get the same one, whole", async () => {
  const each = <T>(act: (client: number) => Promise<T>) => Promise.all(Array.from({ length: 100 }, (_, n) => act(n)));
  const statuses = await each(async () => (await world.call("/clips", { json: bodyOf("same") })).status);
  expect(statuses.filter((status) => status === 202)).toHaveLength(1);
  expect(statuses.filter((status) => status === 200)).toHaveLength(99);
  const streams = await Promise.all(
    Array.from({ length: 20 }, async () => (await world.call("/clips/same/events")).text()),
  );
  expect(streams.filter((stream) => stream.includes("event: end"))).toHaveLength(20);
  // What its caller was told stands in the record a moment after the event.
  await until(async () => (await world.json("/clips/same")).metadata !== undefined);
  const { metadata } = await world.json("/clips/same");
  const hashes = await each(async () => {
    const answer = await world.call("/clips/same/clip.mp4", { headers: { connection: "close" } });
    return sha256(new Uint8Array(await answer.arrayBuffer()));
  });
  expect(new Set(hashes)).toEqual(new Set([metadata.clip.sha256]));
});

it("what a client asked for is made though it ended its side at once, and nobody who did so is waited for", async () => {
  const body = JSON.stringify(bodyOf("half"));
  const headers = `Host: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  const asking = await socketTo(world.url, `POST /clips HTTP/1.1\r\n${headers}\r\n\r\n${body}`);
  asking.end();
  asking.resume();
  await once(asking, "end");
  await until(async () => (await world.json("/clips/half")).state === "available");

  const looking = await socketTo(world.url, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until(async () => (await listeners()) === 1);
  looking.end();
  await until(async () => (await listeners()) === 0);
  looking.destroy();
});

describe("slow clients", () => {
  const limits = { headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 };

  it("that do not finish their call are let go, and others are served meanwhile", async () => {
    const app = { fetch: async (request: Request) => new Response(`${(await request.text()).length}`) };
    const server = await listen(app, "127.0.0.1:0", limits);
    try {
      const slow = await Promise.all(
        ["GET / HTTP/1.1\r\nHost: loc", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nfour"].map(
          (sent) => socketTo(server.url, sent),
        ),
      );
      const answers = slow.map((socket) => text(socket));
      expect(await (await fetch(server.url, { method: "POST", body: "quick" })).text()).toBe("5");
      for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1.1 408 /);
      for (const socket of slow) socket.destroy();
    } finally {
      await server.close();
    }
  });

  it("that read a file in their own time take no memory for what they have not read, and get all of it", async () => {
    await using folder = await testFolder();
    const path = join(folder.path, "large");
    const content = randomBytes(32 << 20);
    await writeFile(path, content);
    const options = { contentType: "video/mp4", cacheControl: "no-store" };
    const server = await listen({ fetch: (request: Request) => sendFile(request, path, options) }, "127.0.0.1:0");
    try {
      const before = keptBufferBytes();
      const answers = await Promise.all(
        Array.from({ length: 12 }, async () => {
          const call = get(server.url, { agent: false });
          const [answer] = (await once(call, "response")) as [IncomingMessage];
          answer.pause();
          return answer;
        }),
      );
      await setTimeout(500);
      // A few chunks of each are on their way, on both sides of the connection.
      expect(keptBufferBytes() - before).toBeLessThan((answers.length * content.length) / 4);
      const quick = await fetch(server.url, { headers: { range: "bytes=0-9" } });
      expect(new Uint8Array(await quick.arrayBuffer())).toEqual(new Uint8Array(content.subarray(0, 10)));
      const [one, ...others] = answers;
      for (const other of others) other.destroy();
      if (one) expect(sha256(await buffer(one))).toBe(sha256(content));
    } finally {
      await server.close();
    }
  });
});
