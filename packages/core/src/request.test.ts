import { AssertionError } from "node:assert";
import { sampleRequest } from "@camclips/testing/test-server";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attemptKey, readRequest, requestKey, UnreadableRequestError, writeRequest } from "./request.ts";

const SENT = sampleRequest.sentMs;

const body = {
  clipId: "507f191e810c19729de860ea",
  retryTimestamps: [],
  cameraId: "583499c4e411dc743a5d5296",
  startTimestampInMs: 1537119363000,
  endTimestampInMs: 1537119423000,
};

const pythonText = (value: object) => JSON.stringify(value).replaceAll('"', "'");

/** A readable request out of a changed sample, or the problem. */
function readChanged(changes: Record<string, unknown>) {
  return readRequest(JSON.stringify({ ...body, ...changes }), SENT);
}

describe("a request that is in use", () => {
  it.each([
    ["JSON with numbers", JSON.stringify(body)],
    [
      "JSON with numeric strings",
      JSON.stringify({ ...body, startTimestampInMs: "1537119363000", endTimestampInMs: "1537119423000" }),
    ],
    ["JSON with space around it", ` \n${JSON.stringify(body, null, 2)}\n`],
    [
      "the contract's Python literal",
      "{'clipId': '507f191e810c19729de860ea', 'retryTimestamps': [], 'cameraId': '583499c4e411dc743a5d5296',\n 'startTimestampInMs': 1537119363000, 'endTimestampInMs': 1537119423000}",
    ],
    [
      "a Python 2 literal with u prefixes and long integers",
      "{u'clipId': u'507f191e810c19729de860ea', u'retryTimestamps': [], u'cameraId': u'583499c4e411dc743a5d5296', u'startTimestampInMs': 1537119363000L, u'endTimestampInMs': u'1537119423000'}",
    ],
    [
      "a Python literal with None, True, a tuple, double quotes and a trailing comma",
      `{"clipId": '507f191e810c19729de860ea', 'retryTimestamps': (), 'gapPolicy': None, 'debug': True, 'x': False, 'cameraId': "583499c4e411dc743a5d5296", 'startTimestampInMs': 1_537_119_363_000, 'endTimestampInMs': 1537119423000.0,}`,
    ],
    ["JSON without retryTimestamps", JSON.stringify({ ...body, retryTimestamps: undefined })],
    [
      "JSON with null for what is optional",
      JSON.stringify({ ...body, retryTimestamps: null, gapPolicy: null, precision: null }),
    ],
    ["JSON in a JSON string", JSON.stringify(JSON.stringify(body))],
    ["a Python literal in a JSON string", JSON.stringify(pythonText(body))],
    ["an SNS notification", JSON.stringify({ Type: "Notification", TopicArn: "arn:x", Message: JSON.stringify(body) })],
    ["an SNS notification of a Python literal", JSON.stringify({ Type: "Notification", Message: pythonText(body) })],
    ["an event of EventBridge", JSON.stringify({ version: "0", "detail-type": "ClipRequested", detail: body })],
  ])("is read: %s", (_, text) => {
    expect(readRequest(text, SENT)).toEqual({ readable: true, request: sampleRequest });
  });

  it("is read when the normalizer has parsed it before", () => {
    expect(readRequest(body, SENT)).toEqual({ readable: true, request: sampleRequest });
  });

  it("keeps retry timestamps of both forms, the gap policy and the precision", () => {
    const read = readChanged({
      retryTimestamps: ["1537119430000", 1537119490000],
      gapPolicy: "REJECT",
      precision: "exact",
    });
    expect(read).toEqual({
      readable: true,
      request: {
        ...sampleRequest,
        retryTimestamps: [1537119430000, 1537119490000],
        gapPolicy: "REJECT",
        precision: "exact",
      },
    });
  });

  it.each(["-NxT5kWq3mJ8aBcDeFgH", "_1StGXR8", "Front Door", "Süd", "front.door", "Cam #1"])(
    "takes %s for an id",
    (odd) => {
      const read = readChanged({ clipId: odd, cameraId: odd });
      expect(read).toEqual({ readable: true, request: { ...sampleRequest, clipId: odd, cameraId: odd } });
    },
  );

  it("ignores fields that it does not know", () => {
    expect(readChanged({ __proto__: 1, isAdmin: true, sentMs: 5 })).toEqual({ readable: true, request: sampleRequest });
  });
});

describe("a request with a fault that its sender can be told", () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      "an end before its start",
      { endTimestampInMs: 1537119362999 },
      /endTimestampInMs must be after startTimestampInMs/,
    ],
    ["an end that is its start", { endTimestampInMs: 1537119363000 }, /must be after/],
    [
      "seconds",
      { startTimestampInMs: 1537119363, endTimestampInMs: 1537119423 },
      /startTimestampInMs is too small.*seconds\?/,
    ],
    ["microseconds", { endTimestampInMs: 1537119423000000 }, /endTimestampInMs is too large.*microseconds\?/],
    [
      "fractions of a millisecond",
      { startTimestampInMs: 1537119363000.5 },
      /startTimestampInMs must be whole milliseconds/,
    ],
    ["fractions in a string", { startTimestampInMs: "1537119363000.5" }, /must be whole milliseconds/],
    [
      "an ISO time",
      { startTimestampInMs: "2018-09-16T17:36:03Z" },
      /startTimestampInMs must be a number of milliseconds/,
    ],
    ["an empty time", { startTimestampInMs: "" }, /startTimestampInMs must be a number/],
    ["no time", { endTimestampInMs: undefined }, /endTimestampInMs must be a number/],
    ["null for a time", { endTimestampInMs: null }, /endTimestampInMs must be a number/],
    ["a hexadecimal time", { endTimestampInMs: "0x165E37E2B18" }, /must be a number/],
    ["a negative time", { startTimestampInMs: -1537119363000 }, /too small/],
    ["a camera with a slash", { cameraId: "../other" }, /cameraId must be 1 to 128 letters/],
    ["a camera with a line end", { cameraId: "cam\n1" }, /cameraId must be/],
    ["no camera", { cameraId: undefined }, /cameraId/],
    ["a camera of 10 kB", { cameraId: "c".repeat(10_240) }, /cameraId must be/],
    ["a number for a camera", { cameraId: 7 }, /cameraId/],
    ["an unknown gap policy", { gapPolicy: "IGNORE" }, /gapPolicy/],
    ["an unknown precision", { precision: "roughly" }, /precision/],
    ["an unknown quality", { quality: "best" }, /quality/],
    ["an unknown preview", { preview: "film" }, /preview/],
    ["an unknown clock", { clock: "digital" }, /clock/],
    ["an unknown codec", { codec: "hevc" }, /codec/],
    ["retries that are no list", { retryTimestamps: "never" }, /retryTimestamps/],
    ["retries that are no times", { retryTimestamps: [1537119430000, "soon"] }, /retryTimestamps.1 must be a number/],
  ])("is answered: %s", (_, changes, problem) => {
    const read = readChanged(changes);
    if (read.readable) throw new AssertionError({ message: "it was read" });
    expect(read.message).toMatch(problem);
    expect(read.request).toMatchObject({ clipId: body.clipId, sentMs: SENT });
    expect(read.request.cameraId.length).toBeLessThanOrEqual(128);
  });

  it("keeps what could be read of it for the answer", () => {
    const read = readChanged({
      cameraId: "../x",
      startTimestampInMs: "1537119363",
      endTimestampInMs: "later",
      gapPolicy: "REJECT",
    });
    expect(read.request).toMatchObject({ cameraId: "../x", startMs: 1537119363, endMs: null, gapPolicy: "REJECT" });
  });

  it("names every problem, as long as they can be read", () => {
    const read = readChanged({ cameraId: "", startTimestampInMs: "x", endTimestampInMs: "y" });
    expect(read.readable || read.message.split("; ")).toHaveLength(3);
    const many = readChanged({ retryTimestamps: Array.from({ length: 999 }, () => []) });
    expect(many.readable || many.message.length).toBeLessThan(1000);
  });
});

describe("a message that nobody can be answered for", () => {
  it.each<[string, unknown]>([
    ["nothing", ""],
    ["null", "null"],
    ["a number", "7"],
    ["text", "hello"],
    ["a list", "[]"],
    ["half a literal", "{'clipId': '507f"],
    ["code", "__import__('os').system('id')"],
    ["a literal with a rest", `${JSON.stringify(body)} + 1`],
    ["a clipId with a slash", { ...body, clipId: "a/b" }],
    ["a clipId of dots", { ...body, clipId: ".." }],
    ["a clipId with a backslash", { ...body, clipId: "a\\b" }],
    ["a hidden clipId", { ...body, clipId: ".metadata" }],
    ["a clipId of 10 kB", { ...body, clipId: "a".repeat(10_240) }],
    ["a clipId with a line end", { ...body, clipId: "abc\n" }],
    ["no clipId", { ...body, clipId: undefined }],
    ["undefined", undefined],
    ["a list of requests", [body]],
  ])("throws: %s", (_, text) => {
    expect(() => readRequest(text, SENT)).toThrow(UnreadableRequestError);
  });
});

const SAFE_ID = /^[^./\\\p{Cc}\p{Cs}][^/\\\p{Cc}\p{Cs}]{0,127}$/u;

/** What a message may lead to; anything else is a bug. Returns the milliseconds of work that it took, whatever else the machine does. */
function outcomeOf(text: unknown): number {
  const before = process.threadCpuUsage();
  try {
    const read = readRequest(text, SENT);
    const { clipId, cameraId, startMs, endMs } = read.request;
    // Plain conditions: an assertion formats its value even when it holds, which is slow for hostile text.
    const named = SAFE_ID.test(clipId) && cameraId.length <= 128;
    const valid = read.readable
      ? SAFE_ID.test(cameraId) && Number(endMs) > Number(startMs)
      : read.message !== "" && read.message.length < 1000;
    if (!named || !valid) throw new AssertionError({ message: JSON.stringify(read).slice(0, 2000) });
  } catch (error) {
    if (!(error instanceof UnreadableRequestError)) throw error;
  }
  return process.threadCpuUsage(before).user / 1000;
}

const hostileValue = fc.oneof(
  fc.anything({ withNullPrototype: true }),
  fc.constantFrom(
    Number.MAX_VALUE,
    -0,
    "1e999",
    "9".repeat(400),
    "../../etc/passwd",
    "\u0000",
    "\ud800",
    "a".repeat(10_240),
  ),
);

/** A request with some of its fields replaced. */
const nearRequest = fc
  .dictionary(fc.constantFrom(...Object.keys(body), "gapPolicy", "precision", "__proto__", "constructor"), hostileValue)
  .map((changes) => ({ ...body, ...changes }));

const pythonish = fc
  .array(
    fc.constantFrom(
      ..."{}[](),:'\"\\ueEL_.-+x0u U00110000".split(""),
      "None",
      "True",
      "False",
      "'clipId'",
      "'a'",
      "1537119363000",
      " ",
      "\n",
    ),
    { maxLength: 60 },
  )
  .map((tokens) => tokens.join(""));

describe("whatever comes", () => {
  it("is a request, an answerable one, or unreadable", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.json(), pythonish, nearRequest),
        (text) => void outcomeOf(text),
      ),
      {
        numRuns: 1000,
      },
    );
  });

  it("is read in a time that grows with its length only", () => {
    const long = 256 * 1024;
    const hostile = [
      "{",
      "[",
      "(",
      "'",
      "\\",
      "1",
      "1_",
      "-",
      " ",
      "'a',",
      "{'a':",
      '{"a":',
      "[[],",
      "'\\x41",
      "1.1",
      "'a'",
      "\ud800",
    ];
    for (const piece of hostile) {
      const text = piece.repeat(Math.ceil(long / piece.length));
      for (const whole of [text, `{'clipId': ${text}`, `{'clipId': 'a', 'x': '${text}'}`, `['${text}`])
        expect(outcomeOf(whole), JSON.stringify(piece)).toBeLessThan(1000);
    }
  });
});

describe("the keys of a request", () => {
  it("name the clip, whatever attempt it is", () => {
    const retried = { ...sampleRequest, retryTimestamps: [1537119430000], sentMs: 1537119490000 };
    expect(requestKey(retried)).toBe(requestKey(sampleRequest));
    expect(attemptKey(retried)).not.toBe(attemptKey(sampleRequest));
    expect(attemptKey({ ...retried, sentMs: 1 })).toBe(attemptKey(retried));
  });

  it.each([
    { clipId: "other" },
    { cameraId: "other" },
    { startMs: 1 },
    { endMs: 1 },
    { gapPolicy: "REJECT" as const },
    { precision: "exact" as const },
    { quality: "draft" as const },
    { preview: "animated" as const },
    { clock: "track" as const },
    { codec: "source" as const },
  ])("differ when the content does: %j", (change) => {
    expect(requestKey({ ...sampleRequest, ...change })).not.toBe(requestKey(sampleRequest));
  });

  it("stay the same for a clip that is wanted sooner", () => {
    expect(requestKey({ ...sampleRequest, priority: "high" })).toBe(requestKey(sampleRequest));
    expect(requestKey({ ...sampleRequest, link: "signed" })).toBe(requestKey(sampleRequest));
  });
});

describe("a refused message", () => {
  const faulty = { ...body, gapPolicy: "BLACK" };

  it("is the same one when it comes again, and never the valid request that corrects it", () => {
    const { request } = readRequest(faulty, SENT);
    expect(requestKey(readRequest(JSON.stringify(faulty), SENT + 5000).request)).toBe(requestKey(request));
    expect(requestKey(readRequest(body, SENT).request)).not.toBe(requestKey(request));
  });

  it.each([{ precision: "best" }, { retryTimestamps: ["soon"] }, { endTimestampInMs: "later" }])(
    "is another one with another fault: %j",
    (fault) => {
      const keys = [faulty, { ...body, ...fault }].map((sent) => requestKey(readRequest(sent, SENT).request));
      expect(new Set(keys).size).toBe(2);
    },
  );
});

it("sends a request again as the same request", () => {
  const request = {
    ...sampleRequest,
    retryTimestamps: [1537119430000],
    gapPolicy: "REJECT" as const,
    precision: "fast" as const,
    quality: "draft" as const,
    preview: "storyboard" as const,
    codec: "source" as const,
  };
  expect(readRequest(writeRequest(request), SENT)).toEqual({ readable: true, request });
});
