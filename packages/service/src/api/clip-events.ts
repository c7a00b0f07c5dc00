import { type AnyEvent, toEnvelope } from "@camclips/events";
import { createRoute, z } from "@hono/zod-openapi";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { Guard } from "../auth/guard.ts";
import type { Happening } from "../live.ts";
import type { Site } from "../site.ts";
import { clipOr404, clipParams } from "./clips.ts";
import { type Api, problems } from "./route.ts";

/** Proxies close what is silent for long. */
const BEAT_MS = 15_000;

/** Whoever reads more slowly than this many messages is let go, and comes back with Last-Event-ID. */
const MOST_WAITING = 1000;

const stream = { content: { "text/event-stream": { schema: z.string() } }, description: "Server-sent events" };

/** One clip's events from its first on, and its progress, until it is decided; and what happens to all clips. */
export function addClipEvents(api: Api, site: Site, guard: Guard): void {
  api.openapi(
    createRoute({
      method: "get",
      path: "/clips/{clipId}/events",
      tags: ["clips"],
      summary: "A clip's events as they happen; resumes behind Last-Event-ID, and ends with the clip",
      description: "Messages: `event` (an event of the catalogue, with id), `progress` ({percent}), `end`.",
      middleware: guard.needs("view"),
      request: { params: clipParams, headers: z.object({ "last-event-id": z.string().max(200).optional() }) },
      responses: { 200: stream, ...problems(404) },
    }),
    async (context) => {
      const { clipId } = context.req.valid("param");
      await clipOr404(site, clipId);
      const lastId = context.req.valid("header")["last-event-id"];
      return streamSSE(context, (sse) => sendClip(sse, site, clipId, lastId));
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/events",
      tags: ["clips"],
      summary: "Which clips something happens to",
      description:
        "Messages: `clip` ({clipId, type}) and `progress` ({clipId, percent}). Nothing is repeated after a break.",
      middleware: guard.needs("view"),
      responses: { 200: stream, ...problems() },
    }),
    (context) =>
      streamSSE(context, (sse) =>
        follow(sse, site, undefined, async (happening) => {
          if (happening.kind === "progress") {
            const { clipId, percent } = happening;
            await sse.writeSSE({ event: "progress", data: JSON.stringify({ clipId, percent: Math.round(percent) }) });
          } else {
            const { type, metadata } = happening.event;
            await sse.writeSSE({ event: "clip", data: JSON.stringify({ clipId: metadata.clipId, type }) });
          }
          return false;
        }),
      ),
  );
}

async function sendClip(sse: SSEStreamingApi, site: Site, clipId: string, lastId?: string): Promise<void> {
  const sent = new Set<string>();
  const send = async (event: AnyEvent): Promise<void> => {
    const { id } = event.metadata;
    if (!sent.has(id)) await sse.writeSSE({ event: "event", id, data: JSON.stringify(toEnvelope(event)) });
    sent.add(id);
  };
  await follow(
    sse,
    site,
    clipId,
    async (happening) => {
      if (happening.kind === "progress") {
        await sse.writeSSE({ event: "progress", data: JSON.stringify({ percent: Math.round(happening.percent) }) });
        return false;
      }
      await send(happening.event);
      if (happening.event.type !== "ClipPublished") return false;
      await sse.writeSSE({ event: "end", data: "{}" });
      return true;
    },
    async () => {
      // What was published a moment ago may not be in the clip's record yet.
      const recorded = await site.runtime.history(clipId);
      const known = new Set(recorded.map(({ metadata }) => metadata.id));
      const events = [...recorded, ...site.live.recent(clipId).filter(({ metadata }) => !known.has(metadata.id))];
      const seen = events.findIndex(({ metadata }) => metadata.id === lastId);
      for (const { metadata } of events.slice(0, seen + 1)) sent.add(metadata.id);
      const last = events.at(-1);
      const isDecided = last?.type === "ClipPublished";
      // An earlier decision that was corrected since does not end the stream.
      for (const event of events.slice(seen + 1))
        if (event.type !== "ClipPublished" || event === last) await send(event);
      if (isDecided) await sse.writeSSE({ event: "end", data: "{}" });
      return isDecided;
    },
  );
}

/**
 * Listens first, so that nothing is missed between what was and what comes. `send` says whether that was the end, and so does
 * `catchUp`, which tells what has happened so far: at first, and now and then, for what another process did.
 */
async function follow(
  sse: SSEStreamingApi,
  { live }: Site,
  clipId: string | undefined,
  send: (happening: Happening) => Promise<boolean>,
  catchUp: () => Promise<boolean> = async () => false,
): Promise<void> {
  const waiting: Happening[] = [];
  let wake = Promise.withResolvers<void>();
  let gone = false;
  const end = () => {
    gone = true;
    wake.resolve();
  };
  const stopListening = live.listen(clipId, (happening) => {
    if (waiting.length >= MOST_WAITING) return end();
    waiting.push(happening);
    wake.resolve();
  });
  sse.onAbort(end);
  let due = true;
  const beat = setInterval(() => {
    due = true;
    wake.resolve();
  }, BEAT_MS);
  try {
    while (!gone) {
      if (due) {
        due = false;
        await sse.write(": beat\n\n");
        if (await catchUp()) return;
      }
      const happening = waiting.shift();
      if (happening && (await send(happening))) return;
      if (happening) continue;
      wake = Promise.withResolvers();
      if (waiting.length === 0 && !gone && !due) await wake.promise;
    }
  } finally {
    clearInterval(beat);
    stopListening();
  }
}
