import { startServer, type TestServer } from "@camclips/testing/test-server";
import { describe, expect, it } from "vitest";
import { type CameraServiceOptions, createCameraService } from "./camera-service.ts";
import { CameraServiceError, UnknownCameraError } from "./ports.ts";

/** No call here takes so long; those that get no answer say a short time themselves, and check nothing that takes time. */
const quick = { timeoutMs: 60_000, pauseMs: 5 } satisfies Partial<CameraServiceOptions>;
const connect = ({ url }: Pick<TestServer, "url">, options: Partial<CameraServiceOptions> = {}) =>
  createCameraService({ camerasUrl: `${url}/api`, recordingsUrl: `${url}/recs`, ...quick, ...options });

const entry = {
  startDate: "2018-10-31T02:52:00.000Z",
  endDate: "2018-10-31T03:02:00.000Z",
  recordingUrl: "https://x/a.mp4",
};

/** Answers in turn; the last answer stays. */
function answers(...list: [status: number, body: string, headers?: Record<string, string>][]) {
  let at = 0;
  return startServer((_, response) => {
    const [status, body, headers = {}] = list[Math.min(at, list.length - 1)] ?? [500, ""];
    at += 1;
    response.writeHead(status, headers).end(body);
  });
}

const failureOf = async (call: Promise<unknown>): Promise<CameraServiceError> => {
  const error = await call.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CameraServiceError);
  return error as CameraServiceError;
};

describe("the contract's calls", () => {
  it("asks for a camera's alias", async () => {
    await using server = await answers([200, JSON.stringify({ alias: "test", name: "Pier" })]);
    expect(await connect(server).alias("583499c4e411dc743a5d5296")).toBe("test");
    expect(server.requests).toMatchObject([{ method: "GET", url: "/api/cameras/583499c4e411dc743a5d5296" }]);
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it("asks for the recordings of a range", async () => {
    await using server = await answers([200, JSON.stringify([{ ...entry, alias: "test", thumbLargeUrl: "x" }])]);
    expect(await connect(server).recordings("test", 1000, 2000)).toEqual([entry]);
    expect(server.requests[0]?.url).toBe(
      "/recs/cameras/recording/test?startDate=1000&endDate=2000&allowPartialMatch=true",
    );
  });

  it("puts a clip's status", async () => {
    await using server = await answers([204, ""]);
    await connect(server).putClip("clip-1", { status: "CLIP_PENDING" });
    expect(server.requests).toMatchObject([
      { method: "PUT", url: "/api/cameras/clips/clip-1", body: '{"status":"CLIP_PENDING"}' },
    ]);
    expect(server.requests[0]?.headers["content-type"]).toBe("application/json");
  });

  it("sends a token where the service wants one", async () => {
    await using server = await answers([200, '{"alias":"a"}']);
    await connect(server, { token: "secret" }).alias("c");
    expect(server.requests[0]?.headers.authorization).toBe("Bearer secret");
  });

  it("encodes every path segment", async () => {
    await using server = await answers([200, "[]"]);
    await connect(server).recordings("a/../b ?x=1#y%2f", 1, 2);
    expect(server.requests[0]?.url).toBe(
      "/recs/cameras/recording/a%2F..%2Fb%20%3Fx%3D1%23y%252f?startDate=1&endDate=2&allowPartialMatch=true",
    );
  });

  it.each([".", "..", "\ud800"])("takes the alias %j for none: no path could name it", async (alias) => {
    await using server = await answers([200, JSON.stringify({ alias })]);
    await failureOf(connect(server).alias("c"));
  });
});

describe("an answer that is final", () => {
  it("is an unknown camera for 404", async () => {
    await using server = await answers([404, "no such camera"]);
    await expect(connect(server).alias("c")).rejects.toThrow(UnknownCameraError);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    [204, ""],
    [200, ""],
    [200, "\n"],
  ])("is an empty list for recordings that are nothing: %d %j", async (status, body) => {
    await using server = await answers([status, body]);
    expect(await connect(server).recordings("a", 1, 2)).toEqual([]);
  });

  it("is read behind a byte order mark", async () => {
    await using server = await answers([200, `\uFEFF${JSON.stringify([entry])}`]);
    expect(await connect(server).recordings("a", 1, 2)).toEqual([entry]);
  });

  it("is read entry by entry: the one that is still being made has no end, another nothing at all", async () => {
    const { endDate: _, ...running } = entry;
    const odd = [{ ...running, endDate: null }, running, { ...running, endDate: 5 }, null, "x"];
    await using server = await answers([200, JSON.stringify([...odd, entry])]);
    expect(await connect(server).recordings("a", 1, 2)).toEqual([running, running, running, entry]);
  });

  it("keeps entries whose start is no time: their names may tell it", async () => {
    const odd = [null, 5, Date.parse(entry.startDate) / 1000].map((startDate) => ({ ...entry, startDate }));
    await using server = await answers([200, JSON.stringify([...odd, entry])]);
    const { startDate: _, ...named } = entry;
    expect(await connect(server).recordings("a", 1, 2)).toEqual([named, named, named, entry]);
  });

  it("is read where a service lists all that it has, whatever range is asked for", async () => {
    await using server = await answers([200, JSON.stringify(Array.from({ length: 40_000 }, () => entry))]);
    expect(await connect(server).recordings("a", 1, 2)).toHaveLength(40_000);
  });

  it("is read where times are epoch milliseconds", async () => {
    const told = { ...entry, startDate: Date.parse(entry.startDate), endDate: Date.parse(entry.endDate) };
    await using server = await answers([200, JSON.stringify([told])]);
    const [read] = await connect(server).recordings("a", 1, 2);
    expect(read).toMatchObject({ startDate: String(told.startDate), endDate: String(told.endDate) });
  });

  it("is an empty list for 404 of recordings", async () => {
    await using server = await answers([404, ""]);
    expect(await connect(server).recordings("a", 1, 2)).toEqual([]);
  });

  it.each([400, 401, 403, 404, 409, 410, 422])("is a refused status for %d", async (status) => {
    await using server = await answers([status, "because"]);
    const error = await failureOf(connect(server).putClip("c", {}));
    expect(error.transient).toBe(false);
    expect(error.message).toBe(`PUT /api/cameras/clips/c answered ${status}: because`);
    expect(server.requests).toHaveLength(1);
  });
});

describe("a fault that may pass", () => {
  it.each([500, 502, 503, 504, 408, 425, 429])("is tried again, a bounded number of times: %d", async (status) => {
    await using server = await answers([status, "<html>"]);
    const error = await failureOf(connect(server).alias("c"));
    expect(error.transient).toBe(true);
    expect(error.message).toContain(`answered ${status}`);
    expect(server.requests).toHaveLength(3);
  });

  it("is over when a later try succeeds", async () => {
    await using server = await answers([503, ""], [500, ""], [200, '{"alias":"test"}']);
    expect(await connect(server).alias("c")).toBe("test");
  });

  it.each([
    ["HTML", "<!doctype html><title>Login</title>"],
    ["nothing", ""],
    ["half of it", '{"alias": "te'],
    ["an alias that is none", '{"alias": ""}'],
    ["an alias of 10 kB", JSON.stringify({ alias: "a".repeat(10_240) })],
    ["a list", "[]"],
    ["null", "null"],
  ])("is an answer with %s", async (_, body) => {
    await using server = await answers([200, body]);
    expect((await failureOf(connect(server).alias("c"))).transient).toBe(true);
  });

  it.each([
    ["an object", '{"recordings": []}'],
    ["entries without times", '[{"recordingUrl": "https://x/a.mp4"}]'],
    ["numbers for times", JSON.stringify([{ ...entry, startDate: 5 }])],
    ["more entries than any camera has", JSON.stringify(Array.from({ length: 50_001 }, () => ({})))],
  ])("is a list of recordings with %s", async (_, body) => {
    await using server = await answers([200, body]);
    expect((await failureOf(connect(server).recordings("a", 1, 2))).transient).toBe(true);
  });

  it("is a redirect, which is never followed", async () => {
    await using elsewhere = await answers([200, '{"alias":"elsewhere"}']);
    await using server = await answers([302, "", { location: `${elsewhere.url}/cameras/c` }]);
    expect((await failureOf(connect(server).alias("c"))).transient).toBe(true);
    expect(elsewhere.requests).toEqual([]);
  });

  it("is an answer that does not come in time", async () => {
    await using server = await startServer(() => {});
    const error = await failureOf(connect(server, { timeoutMs: 50 }).alias("c"));
    expect(error.message).toMatch(/GET \/api\/cameras\/c got no answer: .*timeout/);
    expect(error.transient).toBe(true);
  });

  it("is a body that comes drop by drop for longer than a call may take", async () => {
    await using server = await startServer((_, response) => {
      const drops = setInterval(() => response.write(" "), 20);
      response.once("close", () => clearInterval(drops));
    });
    expect((await failureOf(connect(server, { timeoutMs: 100, attempts: 1 }).alias("c"))).transient).toBe(true);
  });

  it("is an endless answer, which is cut off", async () => {
    let sent = 0;
    await using server = await startServer((_, response) => {
      const chunk = Buffer.alloc(1 << 20, 32);
      const pump = () => {
        if (response.destroyed) return;
        sent += chunk.length;
        response.write(chunk, pump);
      };
      pump();
    });
    const error = await failureOf(connect(server, { attempts: 1 }).alias("c"));
    expect(error.message).toContain("longer than 8388608 bytes");
    expect(sent).toBeLessThan(64 << 20);
  });

  it("is a connection that breaks off", async () => {
    await using server = await startServer((_, response) => void response.socket?.destroy());
    expect((await failureOf(connect(server).putClip("c", {}))).message).toMatch(
      /PUT \/api\/cameras\/clips\/c got no answer: ./,
    );
  });

  it("is a service that is not there", async () => {
    const server = await startServer(() => {});
    await server[Symbol.asyncDispose]();
    const error = await failureOf(connect(server).alias("c"));
    expect(error.transient).toBe(true);
    expect(error.message).toContain("ECONNREFUSED");
  });
});

it("ends at once, with the signal's reason, when the stage is aborted", async () => {
  const stop = new AbortController();
  await using server = await startServer(() => stop.abort(new Error("time is up")));
  await expect(connect(server).alias("c", stop.signal)).rejects.toThrow("time is up");
  expect(server.requests).toHaveLength(1);
});
