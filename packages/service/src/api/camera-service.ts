import { putTold } from "@camclips/local";
import { createRoute, z } from "@hono/zod-openapi";
import type { Guard } from "../auth/guard.ts";
import type { Site } from "../site.ts";
import { clipParams } from "./clips.ts";
import { type Api, json, problems } from "./route.ts";
import { instant, listedRecording } from "./schemas.ts";

/** The rest of the contract's camera service (section 2), for pipelines elsewhere whose recordings lie on this machine. */
export function addCameraService(api: Api, site: Site, guard: Guard): void {
  api.openapi(
    createRoute({
      method: "get",
      path: "/cameras/recording/{alias}",
      tags: ["camera service"],
      summary: "Recordings that overlap a range, newest first",
      description:
        "recordingUrl ends with the file's path below its folder: a pipeline elsewhere finds the object in its origin bucket by its last segment, or by as many as its RECORDING_LAYOUT has.",
      middleware: guard.needs("view"),
      request: {
        params: z.object({ alias: z.string().openapi({ param: { name: "alias", in: "path" } }) }),
        query: z.object({ startDate: instant, endDate: instant, allowPartialMatch: z.string().optional() }),
      },
      responses: { 200: json(z.array(listedRecording), "Recordings"), ...problems() },
    }),
    async (context) => {
      const { alias } = context.req.valid("param");
      const { startDate, endDate } = context.req.valid("query");
      const listed = await site.index.listed(alias, startDate, endDate);
      const recordings = listed.reverse().map(({ row, startDate, endDate = "" }) => ({
        startDate,
        endDate,
        alias,
        recordingUrl: `https://recordings.invalid/${site.index.pathOf(row).split("/").map(encodeURIComponent).join("/")}`,
        thumbLargeUrl: "",
        thumbSmallUrl: "",
      }));
      return context.json(recordings, 200);
    },
  );

  api.openapi(
    createRoute({
      method: "put",
      path: "/cameras/clips/{clipId}",
      tags: ["camera service"],
      summary: "A pipeline elsewhere tells a clip's status",
      middleware: guard.needs("request"),
      request: {
        params: clipParams,
        body: {
          required: true,
          content: { "application/json": { schema: z.looseObject({ clipId: z.string(), status: z.string() }) } },
        },
      },
      responses: { 200: json(z.object({}), "Kept"), ...problems(413, 415) },
    }),
    async (context) => {
      await putTold(site.runtime.state, context.req.valid("param").clipId, context.req.valid("json"), site.clock.now());
      return context.json({}, 200);
    },
  );
}
