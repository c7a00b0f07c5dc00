import { objectStoreContract } from "@camclips/testing/contracts/object-store";
import { BUCKET, type FakeS3, type S3Fault, startFakeS3 } from "@camclips/testing/fake-s3";
import { describe, expect, it } from "vitest";
import { ObjectChangedError, ServiceUnavailableError } from "../../core/src/ports.ts";
import { createS3Store } from "./s3-store.ts";

async function open(options = {}, requestHandler?: { socketTimeout: number }) {
  const s3 = await startFakeS3(requestHandler);
  return {
    s3,
    store: createS3Store(s3.client, BUCKET, options),
    leftovers: async () => [...s3.objects.keys(), ...s3.uploads.keys()],
    [Symbol.asyncDispose]: () => s3[Symbol.asyncDispose](),
  };
}

/** So small that the contract's large objects go up in parts. */
const inParts = { largestWholeBytes: 2 * 1024 * 1024 };

objectStoreContract("an S3 bucket", () => open());
objectStoreContract("an S3 bucket that takes large objects in parts", () => open(inParts));

const text = (value: string) => Buffer.from(value);
const options = { contentType: "text/plain" };

/** Misbehaves on the first `times` calls of a kind. */
function faulty(s3: FakeS3, method: string, fault: S3Fault, times: number) {
  let left = times;
  s3.fault = (call) => (call.method === method && left-- > 0 ? fault : undefined);
}

it.each([
  ["small", 1, open()],
  ["large", 2 * 1024 * 1024, open()],
  ["very large", 9 * 1024 * 1024, open(inParts)],
])("a %s object says how long it may be kept", async (_, bytes, opened) => {
  await using tested = await opened;
  const body = async function* () {
    yield Buffer.alloc(bytes);
  };
  await tested.store.putStream("a", body, bytes, { ...options, cacheControl: "public, no-cache" });
  expect(tested.s3.objects.get("a")?.headers["cache-control"]).toBe("public, no-cache");
});

describe("an S3 bucket that misbehaves", () => {
  it("is written to again when two writes race (409), and says who won", async () => {
    await using tested = await open();
    faulty(tested.s3, "PUT", { status: 409 }, 2);
    expect(await tested.store.put("a", text("x"), { ...options, ifAbsent: true })).toBe(true);
    faulty(tested.s3, "PUT", { status: 409 }, 1);
    expect(await tested.store.put("a", text("y"), { ...options, ifAbsent: true })).toBe(false);
  });

  it("fails a write that is refused for ever, after a bounded number of tries", async () => {
    await using tested = await open();
    tested.s3.fault = () => ({ status: 409 });
    await expect(tested.store.put("a", text("x"), { ...options, ifAbsent: true })).rejects.toThrow();
    expect(tested.s3.calls.length).toBeLessThanOrEqual(10);
    tested.s3.fault = () => ({ status: 403 });
    await expect(tested.store.put("a", text("x"), options)).rejects.toThrow();
    await expect(tested.store.info("a")).rejects.toThrow();
    await expect(tested.store.get("a")).rejects.toThrow();
  });

  it("is asked again after SlowDown, by the client", async () => {
    await using tested = await open();
    faulty(tested.s3, "PUT", { status: 503 }, 1);
    expect(await tested.store.put("a", text("x"), options)).toBe(true);
  });

  it("is read on where a body was cut off", async () => {
    await using tested = await open();
    const body = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
    await tested.store.put("a", body, options);
    faulty(tested.s3, "GET", { cutAfter: 30_000 }, 2);
    const object = await tested.store.open("a");
    expect(Buffer.from((await object?.read(0, 100_000)) ?? []).equals(body)).toBe(true);
    const ranges = tested.s3.calls.filter(({ method }) => method === "GET").map(({ range }) => range);
    expect(ranges).toHaveLength(3);
    expect(ranges[0]).toBe("bytes=0-99999");
    for (const range of ranges) expect(range).toMatch(/-99999$/);
  });

  it("is read on where a body went silent", async () => {
    // The client listens for longer silences later, and the fake does not wait for this one.
    await using tested = await open({}, { socketTimeout: 5_999 });
    await tested.store.put("a", text("0123456789"), options);
    faulty(tested.s3, "GET", { silentAfter: 4 }, 2);
    const object = await tested.store.open("a");
    expect(Buffer.from((await object?.read(0, 10)) ?? []).toString()).toBe("0123456789");
    expect(object?.fetched).toEqual({ bytes: 10, requests: 3 });
  });

  it("never gives half of a small object for the whole", async () => {
    await using tested = await open();
    await tested.store.put("a", text("0123456789"), options);
    tested.s3.fault = (call) => (call.method === "GET" ? { cutAfter: 4 } : undefined);
    await expect(tested.store.get("a")).rejects.toThrow(ServiceUnavailableError);
    await expect(tested.store.get("a", AbortSignal.abort())).rejects.not.toThrow(ServiceUnavailableError);
  });

  it("is noticed to have lost the object that is read", async () => {
    await using tested = await open();
    await tested.store.put("a", text("0123456789"), options);
    const object = await tested.store.open("a");
    tested.s3.objects.delete("a");
    await expect(object?.read(0, 2)).rejects.toThrow(ObjectChangedError);
  });

  it("gets an object of up to 100 MB in one request, and what fails of it again from its start", async () => {
    await using tested = await open();
    const bytes = 9 * 1024 * 1024;
    let opened = 0;
    const put = () =>
      tested.store.putStream(
        "a",
        async function* () {
          opened += 1;
          for (let at = 0; at < 9; at += 1) yield Buffer.alloc(1024 * 1024, at);
        },
        bytes,
        { ...options, ifAbsent: true },
      );
    faulty(tested.s3, "PUT", { status: 503 }, 2);
    expect(await put()).toBe(true);
    expect(opened).toBe(3);
    expect(tested.s3.calls.map(({ method }) => method)).toEqual(["PUT", "PUT", "PUT"]);
    expect(tested.s3.objects.get("a")?.body.length).toBe(bytes);
    tested.s3.fault = () => ({ status: 403 });
    await expect(put()).rejects.toThrow();
    expect(opened).toBe(4);
  });

  it("leaves no upload behind when a part or its completion fails", async () => {
    await using tested = await open(inParts);
    const large = Buffer.alloc(9 * 1024 * 1024);
    const put = () =>
      tested.store.putStream(
        "a",
        async function* () {
          yield large;
        },
        large.length,
        { ...options, ifAbsent: true },
      );
    tested.s3.fault = ({ query }) => (query.get("partNumber") === "2" ? { status: 500 } : undefined);
    await expect(put()).rejects.toThrow();
    tested.s3.fault = ({ method, query }) => (method === "POST" && query.has("uploadId") ? { status: 409 } : undefined);
    await expect(put()).rejects.toThrow();
    tested.s3.fault = undefined;
    expect(await tested.leftovers()).toEqual([]);
    expect(await put()).toBe(true);
  });
});
