import type { Reason } from "@camclips/events";
import * as z from "zod";

/** RFC 9457: every error of the API. `reason` is one of docs/reasons.md where a clip would have it. */
export const problemSchema = z.object({
  type: z.string().meta({ example: "about:blank" }),
  title: z.string().meta({ example: "Conflict" }),
  status: z.int().meta({ example: 409 }),
  detail: z.string().meta({ description: "For people: what was wrong and what to do" }),
  reason: z.string().optional(),
  errors: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
});

const TITLES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  411: "Length Required",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  422: "Unprocessable Content",
  421: "Misdirected Request",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  507: "Insufficient Storage",
} as const;

export type ProblemStatus = keyof typeof TITLES;

interface More {
  reason?: Reason;
  errors?: { at: string; message: string }[];
  headers?: Record<string, string>;
}

/** Thrown by handlers; becomes the answer. */
export class Problem extends Error {
  override name = "Problem";
  readonly status: ProblemStatus;
  readonly more: More;
  constructor(status: ProblemStatus, detail: string, more: More = {}) {
    super(detail);
    this.status = status;
    this.more = more;
  }

  response(): Response {
    const { reason, errors, headers } = this.more;
    const body = {
      type: "about:blank",
      title: TITLES[this.status],
      status: this.status,
      detail: this.message,
      ...(reason && { reason }),
      ...(errors && { errors }),
    };
    return new Response(JSON.stringify(body), {
      status: this.status,
      headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
    });
  }
}
