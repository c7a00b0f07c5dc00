import { setTimeout } from "node:timers/promises";
import { ClipPublished, toEnvelope } from "@camclips/events";
import type { Desk } from "@camclips/functions";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { Api } from "../api/route.ts";
import type { Guard } from "../auth/guard.ts";

/** A place elsewhere tells nothing by itself: it is asked again while somebody looks on. */
const CLIP_MS = 2_000;
const CLIPS_MS = 5_000;

/** Proxies close what is silent for long. */
const BEAT = ": beat\n\n";

/** The same messages as the service's own streams (api/clip-events.ts), progress aside. */
export function addDeskEvents(app: Api, desk: Desk, guard: Guard, now: () => number): void {
  app.get("/clips/:clipId/events", guard.needs("view"), async (context) => {
    const { clipId } = context.req.param();
    return streamSSE(context, async (sse) => {
      const sent = new Set<string>();
      await whileOpen(sse, CLIP_MS, async () => {
        const events = await desk.history(clipId);
        for (const event of events) {
          const { id } = event.metadata;
          if (!sent.has(id)) await sse.writeSSE({ event: "event", id, data: JSON.stringify(toEnvelope(event)) });
          sent.add(id);
        }
        if (events.at(-1)?.type !== ClipPublished.type) return false;
        await sse.writeSSE({ event: "end", data: "{}" });
        return true;
      });
    });
  });

  app.get("/events", guard.needs("view"), (context) =>
    streamSSE(context, async (sse) => {
      let sinceMs = now();
      let known = new Set<string>();
      await whileOpen(sse, CLIPS_MS, async () => {
        const changed = await Array.fromAsync(desk.clips({ sinceMs }));
        for (const { clipId, outcome, sinceMs } of changed.reverse()) {
          if (known.has(`${clipId} ${sinceMs}`)) continue;
          const type = outcome ? ClipPublished.type : "RequestAccepted";
          await sse.writeSSE({ event: "clip", data: JSON.stringify({ clipId, type }) });
        }
        // Records come late, so some are asked for twice.
        sinceMs = Math.max(sinceMs, now() - 4 * CLIPS_MS);
        known = new Set(changed.map(({ clipId, sinceMs }) => `${clipId} ${sinceMs}`));
        return false;
      });
    }),
  );
}

/** @param look says whether that was all. */
async function whileOpen(sse: SSEStreamingApi, everyMs: number, look: () => Promise<boolean>): Promise<void> {
  const gone = new AbortController();
  sse.onAbort(() => gone.abort());
  while (!gone.signal.aborted) {
    await sse.write(BEAT);
    if (await look()) return;
    await setTimeout(everyMs, undefined, { signal: gone.signal }).catch(() => {});
  }
}
