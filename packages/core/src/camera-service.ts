import { setTimeout } from "node:timers/promises";
import * as z from "zod/mini";
import { type CameraService, CameraServiceError, UnknownCameraError } from "./ports.ts";

export interface CameraServiceOptions {
  /** CAM_SERVICES_URL, without trailing slash. */
  camerasUrl: string;
  /** RECORDINGS_URL, without trailing slash. */
  recordingsUrl: string;
  /** Sent as a bearer token when the service wants one. */
  token?: string | undefined;
  /** For one attempt, answer included. Two calls with three attempts each end before the shortest stage's signal (50 s). */
  timeoutMs?: number;
  /** Calls, the first included, before giving up on a transient fault. */
  attempts?: number;
  pauseMs?: number;
}

/** Becomes a path segment: dots alone would lead to another path, and half a surrogate pair cannot be encoded. */
const alias = z.string().check(
  z.minLength(1),
  z.maxLength(255),
  z.refine((name) => name !== "." && name !== ".." && name.isWellFormed(), "is no name"),
);
const camera = z.object({ alias });
/** ISO 8601, or epoch milliseconds. */
const time = z.union([
  z.string().check(z.maxLength(64)),
  z.pipe(z.number().check(z.int(), z.minimum(1e11), z.maximum(1e14)), z.transform(String)),
]);
const recording = z.object({
  recordingUrl: z.string().check(z.maxLength(4096)),
  /** The name tells it first (contract, section 3): without a time here, an entry is as good. */
  startDate: z.catch(z.optional(time), undefined),
  /** A recording that is still being made has none: null, nothing, or something else that is no time. */
  endDate: z.catch(z.optional(time), undefined),
  initUrl: z.catch(z.optional(z.string().check(z.maxLength(4096))), undefined),
});
/** Some services list all that they have, whatever range is asked for: a month of minutes. */
const MAX_ENTRIES = 50_000;
/** Entries are read one by one: what one of them lacks says nothing about the others. */
const recordings = z.pipe(
  z
    .pipe(
      z.array(z.unknown()).check(z.maxLength(MAX_ENTRIES)),
      z.transform((entries) => entries.map((entry) => recording.safeParse(entry))),
    )
    .check(
      z.refine(
        (read) => read.length === 0 || read.some(({ data }) => data?.startDate !== undefined),
        "no entry names a recording and its start",
      ),
    ),
  z.transform((read) => read.flatMap(({ data }) => data ?? [])),
);

/** Longer than any honest list; an endless answer must not fill the memory. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** The camera service over HTTP (contract, section 2). Redirects are refused: only the configured hosts are ever asked. */
export function createCameraService(options: CameraServiceOptions): CameraService {
  const call = caller(options);
  const segment = encodeURIComponent;
  return {
    async alias(cameraId, signal) {
      const answer = await call("GET", `${options.camerasUrl}/cameras/${segment(cameraId)}`, { signal });
      if (answer.status === 404) throw new UnknownCameraError(`the camera service knows no camera ${cameraId}`);
      return parsed(camera, answer).alias;
    },
    async recordings(alias, startMs, endMs, signal) {
      const query = `startDate=${startMs}&endDate=${endMs}&allowPartialMatch=true`;
      const answer = await call("GET", `${options.recordingsUrl}/cameras/recording/${segment(alias)}?${query}`, {
        signal,
      });
      const none = answer.status === 404 || answer.status === 204 || answer.text.trim() === "";
      return none ? [] : parsed(recordings, answer);
    },
    async putClip(clipId, body, signal) {
      const answer = await call("PUT", `${options.camerasUrl}/cameras/clips/${segment(clipId)}`, {
        signal,
        body: JSON.stringify(body),
      });
      if (answer.status < 200 || answer.status > 299) throw refused(answer);
    },
  };
}

interface Answer {
  call: string;
  status: number;
  text: string;
}

function caller({ token, timeoutMs = 7_000, attempts = 3, pauseMs = 200 }: CameraServiceOptions) {
  const headers = {
    accept: "application/json",
    "content-type": "application/json",
    ...(token && { authorization: `Bearer ${token}` }),
  };
  return async (
    method: string,
    url: string,
    { signal, body }: { signal?: AbortSignal | undefined; body?: string },
  ): Promise<Answer> => {
    const call = `${method} ${new URL(url).pathname}`;
    for (let attempt = 1; ; attempt += 1) {
      const problem = await once(call).catch((error: unknown) => error as Error);
      if (!(problem instanceof Error) && !isPassing(problem.status)) return problem;
      signal?.throwIfAborted();
      if (attempt === attempts) throw problem instanceof Error ? noAnswer(call, problem) : refused(problem);
      await setTimeout(pauseMs * 2 ** (attempt - 1), undefined, { signal });
    }
    async function once(call: string): Promise<Answer> {
      const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
      const response = await fetch(url, {
        method,
        headers,
        body: body ?? null,
        redirect: "error",
        signal: AbortSignal.any(limits),
      });
      return { call, status: response.status, text: await boundedText(response) };
    }
  };
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed<S extends z.ZodMiniType>(schema: S, answer: Answer): z.output<S> {
  if (answer.status < 200 || answer.status > 299) throw refused(answer);
  let json: unknown;
  try {
    // Some services put a byte order mark before their JSON.
    json = JSON.parse(answer.text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new CameraServiceError(`${answer.call} answered no JSON: ${answer.text.slice(0, 80)}`, true, { cause });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new CameraServiceError(
    `${answer.call} answered something else than agreed: ${z.prettifyError(result.error)}`,
    true,
  );
}

const isPassing = (status: number): boolean => status >= 500 || status === 408 || status === 425 || status === 429;

const refused = ({ call, status, text }: Answer): CameraServiceError =>
  new CameraServiceError(`${call} answered ${status}: ${text.slice(0, 200)}`, isPassing(status));

const noAnswer = (call: string, cause: Error): CameraServiceError =>
  new CameraServiceError(
    `${call} got no answer: ${(cause.cause as Error | undefined)?.message || cause.message}`,
    true,
    { cause },
  );
