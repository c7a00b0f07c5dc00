import { OpenAPIHono, type z } from "@hono/zod-openapi";
import { Problem, problemSchema } from "../http/problem.ts";

export type Api = OpenAPIHono;

/** Faulty input is one problem with every fault in it. */
export function createApi(): Api {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      const errors = faultsIn(result.error.issues);
      const detail = errors.map(({ at, message }) => `${at} ${message}`).join("; ");
      return new Problem(422, detail, { reason: "INVALID_REQUEST", errors }).response();
    },
  });
}

interface Fault {
  at: string;
  message: string;
}

/** Of what may be said in several ways, the faults of the way that was meant: the one that is wrong deepest inside. */
function faultsIn(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[] = []): Fault[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path];
    if (issue.code === "invalid_union" && issue.errors.length > 0) {
      const ways = issue.errors.map((way) => ({ way, depth: Math.max(...way.map((each) => each.path.length)) }));
      const meant = ways.reduce((a, b) => (b.depth > a.depth ? b : a));
      return faultsIn(meant.way, path);
    }
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({ at: [...path, key].join("."), message: "is no field" }));
    return [{ at: path.join(".") || "request", message: issue.message }];
  });
}

/** A JSON answer, for the documentation. */
export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  content: { "application/json": { schema } },
  description,
});

/** What may go wrong with every call. */
const COMMON = [400, 401, 403, 422, 429] as const;

/** What may go wrong, for the documentation. @param statuses beside those of every call */
export function problems<S extends number>(...statuses: S[]) {
  const problem = { content: { "application/problem+json": { schema: problemSchema } }, description: "RFC 9457" };
  const all = [...COMMON, ...statuses].map((status) => [status, problem]);
  return Object.fromEntries(all) as Record<S | (typeof COMMON)[number], typeof problem>;
}
