import { OpenAPIHono, type z } from "@hono/zod-openapi";
import { Problem, problemSchema } from "../http/problem.ts";

export type Api = OpenAPIHono;

/** Faulty input is one problem with every fault in it. */
export function createApi(): Api {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      const errors = result.error.issues.map(({ path, message }) => ({ at: path.join(".") || "request", message }));
      const detail = errors.map(({ at, message }) => `${at} ${message}`).join("; ");
      return new Problem(422, detail, { reason: "INVALID_REQUEST", errors }).response();
    },
  });
}

/** A JSON answer, for the documentation. */
export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  content: { "application/json": { schema } },
  description,
});

/** What may go wrong, for the documentation. */
export function problems<S extends number>(...statuses: S[]) {
  const problem = { content: { "application/problem+json": { schema: problemSchema } }, description: "RFC 9457" };
  return Object.fromEntries(statuses.map((status) => [status, problem])) as Record<S, typeof problem>;
}
