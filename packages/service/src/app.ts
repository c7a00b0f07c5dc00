import { z } from "@hono/zod-openapi";
import { deleteCookie, setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import packageJson from "../package.json" with { type: "json" };
import { addCameraService } from "./api/camera-service.ts";
import { addCameras } from "./api/cameras.ts";
import { addClipEvents } from "./api/clip-events.ts";
import { addClipFiles } from "./api/clip-files.ts";
import { addClips } from "./api/clips.ts";
import { documentationPage } from "./api/documentation.ts";
import { addOperations } from "./api/operations.ts";
import { addOperator } from "./api/operator.ts";
import { type Api, createApi } from "./api/route.ts";
import { createGuard, type Guard, SESSION_COOKIE, sessionOf } from "./auth/guard.ts";
import { consoleFile } from "./http/console-files.ts";
import { Problem } from "./http/problem.ts";
import type { Site } from "./site.ts";

const MAX_BODY_BYTES = 1024 ** 2;
const SESSION_MS = 12 * 3_600_000;

/** The whole HTTP interface: API, its documentation, and the console. @param onError is told of what was not foreseen. */
export function createApp(site: Site, onError: (error: unknown) => void): Api {
  const { config, signer, clock } = site;
  const { allowOrigins, tokens } = config;
  const guard = createGuard({ tokens, allowOrigins, signer, now: clock.now });
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
  addSession(app, site, guard);
  for (const add of [addClips, addClipEvents, addClipFiles, addCameraService, addCameras, addOperations])
    add(app, site, guard);
  addOperator(app, site.runtime.desk, guard);
  addDocumentation(app);
  app.get("/*", (context) => consoleFile(context.req.raw));
  return app;
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
function addSession(app: Api, { signer, clock }: Site, guard: Guard): void {
  app.post("/session", async (context) => {
    const read = z.object({ token: z.string().max(500) }).safeParse(await context.req.json().catch(() => undefined));
    const name = read.success ? guard.login(read.data.token) : undefined;
    if (name === undefined) throw new Problem(401, "there is no such token");
    const secure = new URL(context.req.url).protocol === "https:";
    setCookie(context, SESSION_COOKIE, sessionOf(name, signer, clock.now() + SESSION_MS), {
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

function addDocumentation(app: Api): void {
  const document = () =>
    app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: {
        title: "camclips",
        version: packageJson.version,
        description: "Exact wall-clock clips out of camera recordings. Every error is a problem of RFC 9457.",
      },
      security: [{ token: [] }],
    });
  app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  app.get("/openapi.json", (context) => context.json(document()));
  app.get("/docs", (context) => context.html(documentationPage(document() as Parameters<typeof documentationPage>[0])));
}
