import { deleteCookie, setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { z } from "zod";
import { type Api, createApi } from "../api/route.ts";
import { createGuard, type Guard, type GuardOptions, SESSION_COOKIE, sessionOf } from "../auth/guard.ts";
import { Problem } from "./problem.ts";

const MAX_BODY_BYTES = 1024 ** 2;
const SESSION_MS = 12 * 3_600_000;

/** What the console asks first: whose page it is, and which parts of it there are. */
interface About {
  /** As people call the place. */
  name: string;
  /** `timeline`: cameras, coverage and frames; `api`: its documentation and numbers; `links`: to clips. */
  shows: readonly ("timeline" | "api" | "links" | "groups")[];
}

/** What every HTTP interface here has: errors as problems, guards, logins. @param onError is told of what was not foreseen. */
export function createBaseApp(
  options: GuardOptions,
  about: About,
  onError: (error: unknown) => void,
): { app: Api; guard: Guard } {
  const guard = createGuard(options);
  const { allowOrigins } = options;
  const app = createApi();
  app.onError((error) => answerTo(error, onError));
  app.notFound((context) => new Problem(404, `there is nothing at ${context.req.path.slice(0, 200)}`).response());
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        ...{
          defaultSrc: ["'self'"],
          imgSrc: ["'self'", "data:", "blob:"],
          mediaSrc: ["'self'"],
          objectSrc: ["'none'"],
        },
        ...{ baseUri: ["'none'"], formAction: ["'self'"], frameAncestors: ["'none'"] },
      },
      strictTransportSecurity: false,
      referrerPolicy: "no-referrer",
    }),
  );
  if (allowOrigins.length > 0)
    app.use(cors({ origin: [...allowOrigins], exposeHeaders: ["location", "retry-after"], credentials: false }));
  app.use(guard.identify);
  app.use(async ({ req }, next) => {
    if (req.header("transfer-encoding") !== undefined) throw new Problem(411, "a body must say its Content-Length");
    const bytes = Number(req.header("content-length") ?? 0);
    if (bytes > MAX_BODY_BYTES) throw new Problem(413, `a body has ${MAX_BODY_BYTES} bytes at most`);
    // A form of another page cannot send JSON unasked.
    if (bytes > 0 && !/^application\/json\b/i.test(req.header("content-type") ?? ""))
      throw new Problem(415, "the body must be JSON: Content-Type: application/json");
    await next();
  });
  app.get("/about", (context) => context.json(about));
  addSession(app, options, guard);
  return { app, guard };
}

function answerTo(error: unknown, onError: (error: unknown) => void): Response {
  if (error instanceof Problem) return error.response();
  if (error instanceof HTTPException && error.status === 400) return new Problem(400, error.message).response();
  // Whoever asked is gone.
  if ((error as Error).name !== "AbortError") onError(error);
  return new Problem(500, "something went wrong here; the log of the service says what", {
    reason: "INTERNAL",
  }).response();
}

/** Browsers play videos and show pictures with a cookie; it says who logged in, and no page of another site sees it sent. */
function addSession(app: Api, { signer, now }: GuardOptions, guard: Guard): void {
  app.post("/session", async (context) => {
    const read = z.object({ token: z.string().max(500) }).safeParse(await context.req.json().catch(() => undefined));
    const name = read.success ? guard.login(read.data.token) : undefined;
    if (name === undefined) throw new Problem(401, "there is no such token");
    const secure = new URL(context.req.url).protocol === "https:";
    setCookie(context, SESSION_COOKIE, sessionOf(name, signer, now() + SESSION_MS), {
      ...{ httpOnly: true, sameSite: "Strict", path: "/", maxAge: SESSION_MS / 1000, secure },
    });
    return context.json({ name });
  });
  app.delete("/session", (context) => {
    deleteCookie(context, SESSION_COOKIE);
    return context.body(null, 204);
  });
  app.get("/session", guard.needs("view"), (context) =>
    context.json({ open: guard.open, scope: context.get("scope" as never) }),
  );
}
