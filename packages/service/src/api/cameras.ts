import { createRoute, z } from "@hono/zod-openapi";
import type { Guard } from "../auth/guard.ts";
import { Problem } from "../http/problem.ts";
import { knowsCamera, type Site } from "../site.ts";
import { FRAME_WIDTHS, Frames } from "./frames.ts";
import { type Api, json, problems } from "./route.ts";
import { camera, coverage, instant } from "./schemas.ts";

const cameraParams = z.object({ cameraId: z.string().openapi({ param: { name: "cameraId", in: "path" } }) });

const DAY_MS = 86_400_000;

/** Pixels that somebody may look at a range with: what is smaller than one is no gap then. */
const MOST_POINTS = 4000;

export function addCameras(api: Api, site: Site, guard: Guard): void {
  const view = guard.needs("view");
  const frames = new Frames(site);

  api.openapi(
    createRoute({
      method: "get",
      path: "/cameras",
      tags: ["cameras"],
      summary: "All cameras",
      middleware: view,
      responses: { 200: json(z.object({ cameras: z.array(camera) }), "Cameras"), ...problems() },
    }),
    (context) => context.json({ cameras: camerasOf(site) }, 200),
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/cameras/{cameraId}",
      tags: ["cameras", "camera service"],
      summary: "A camera (contract, section 2)",
      middleware: view,
      request: { params: cameraParams },
      responses: { 200: json(camera, "The camera"), ...problems(404) },
    }),
    (context) => {
      const { cameraId } = context.req.valid("param");
      const found = camerasOf(site).find(({ id }) => id === cameraId);
      if (!found) throw unknown(cameraId);
      return context.json(found, 200);
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/cameras/{cameraId}/coverage",
      tags: ["cameras"],
      summary: "What was recorded: spans, and gaps with their cause",
      middleware: view,
      request: {
        params: cameraParams,
        query: z.object({
          start: instant.optional().openapi({ description: "Default: a day before the end" }),
          end: instant.optional().openapi({ description: "Default: now" }),
          points: z.coerce.number().int().min(1).max(MOST_POINTS).optional().openapi({
            description: "Gaps shorter than the range divided by this are left out: for pictures of a long time",
          }),
        }),
      },
      responses: { 200: json(coverage, "Coverage"), ...problems(404) },
    }),
    (context) => {
      const { cameraId } = context.req.valid("param");
      if (!knowsCamera(site, cameraId)) throw unknown(cameraId);
      const { end = site.clock.now(), start = end - DAY_MS, points } = context.req.valid("query");
      if (end <= start) throw new Problem(422, "end must be after start", { reason: "INVALID_REQUEST" });
      const joinMs = Math.max(site.settings.JOIN_TOLERANCE_MS, points ? (end - start) / points : 0);
      // What is yet to come is no gap.
      const untilMs = Math.max(start + 1, Math.min(end, site.clock.now()));
      const found = site.index.coverage(cameraId, [start, untilMs], joinMs);
      const spans = found.spans.map(({ startMs, endMs, format, ...rest }) => ({
        ...{ start: startMs, end: endMs, ...(format && { codec: format }) },
        ...rest,
      }));
      const gaps = found.gaps.map(({ startMs, endMs, ...rest }) => ({ start: startMs, end: endMs, ...rest }));
      const overlaps = site.index
        .overlaps()
        .filter(({ camera, startMs, endMs }) => camera === cameraId && startMs < end && endMs > start)
        .map(({ startMs, endMs, recordings: files }) => ({ start: startMs, end: endMs, files }));
      return context.json({ camera: cameraId, start, end, spans, gaps, ...(overlaps.length > 0 && { overlaps }) }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/cameras/{cameraId}/frame",
      tags: ["cameras"],
      summary: "The picture of an instant",
      middleware: view,
      request: {
        params: cameraParams,
        query: z.object({
          at: instant,
          width: z.coerce
            .number()
            .pipe(z.literal(FRAME_WIDTHS))
            .default(320)
            .openapi({ type: "integer", enum: [...FRAME_WIDTHS] }),
        }),
      },
      responses: {
        200: { content: { "image/jpeg": { schema: z.string().openapi({ format: "binary" }) } }, description: "JPEG" },
        ...problems(404, 503),
      },
    }),
    async (context) => {
      const { cameraId } = context.req.valid("param");
      const { at, width } = context.req.valid("query");
      const picture = await frames.at(cameraId, at, width, context.req.raw.signal);
      // Footage that is there stays as it is.
      const headers = { "content-type": "image/jpeg", "cache-control": "private, max-age=3600" };
      return context.body(new Uint8Array(picture), 200, headers);
    },
  );
}

const unknown = (cameraId: string) =>
  new Problem(404, `there are no recordings of a camera ${cameraId.slice(0, 130)}`, { reason: "UNKNOWN_CAMERA" });

/** Those that are listed, and those that recordings tell. */
function camerasOf({ config, index }: Site) {
  const found = new Map(index.cameras().map((summary) => [summary.camera, summary]));
  const names = [...new Set([...Object.keys(config.cameras), ...found.keys()])].sort();
  return names.map((id) => {
    const { recordings = 0, bytes = 0, firstMs = null, lastMs = null, damaged = 0, growing = 0 } = found.get(id) ?? {};
    const title = config.cameras[id]?.title;
    return {
      id,
      alias: id,
      ...(title && { title }),
      recordings,
      bytes,
      first: firstMs,
      last: lastMs,
      damaged,
      growing,
    };
  });
}
