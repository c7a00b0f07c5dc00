import { countClips } from "@camclips/local";
import { createRoute, z } from "@hono/zod-openapi";
import type { Guard } from "../auth/guard.ts";
import { diskOf } from "../disks.ts";
import type { Site } from "../site.ts";
import { metricsText } from "./metrics.ts";
import { type Api, json, problems } from "./route.ts";

const health = z.object({
  status: z.enum(["ok", "degraded"]),
  problems: z.array(z.string()),
});

const operations = z
  .object({
    clips: z.record(z.string(), z.int()),
    queues: z.array(z.object({ stage: z.string(), messages: z.int(), deadLetters: z.int() })),
    deadLetters: z.array(
      z.object({
        id: z.string(),
        queue: z.string(),
        error: z.string(),
        sentAt: z.string(),
        clipId: z.string().optional(),
      }),
    ),
    index: z.object({ complete: z.boolean(), toExamine: z.int(), folders: z.int() }),
    recordingProblems: z.array(
      z.object({
        ...{ path: z.string(), problem: z.string(), camera: z.string().optional(), start: z.number().optional() },
        other: z.string().optional().openapi({ description: "The other file, where two claim the same time" }),
      }),
    ),
    disks: z.array(
      z.object({ folder: z.string(), freeBytes: z.number(), totalBytes: z.number(), problem: z.string().optional() }),
    ),
  })
  .openapi("Operations");

export function addOperations(api: Api, site: Site, guard: Guard): void {
  api.openapi(
    createRoute({
      method: "get",
      path: "/healthz",
      tags: ["operations"],
      summary: "Whether the service works; needs no token",
      responses: { 200: json(health, "It does"), 503: json(health, "It does not") },
    }),
    async (context) => {
      const found = await healthProblems(site);
      return context.json(
        { status: found.length === 0 ? "ok" : "degraded", problems: found } as const,
        found.length === 0 ? 200 : 503,
      );
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/metrics",
      tags: ["operations"],
      summary: "Numbers for Prometheus",
      middleware: guard.needs("view"),
      responses: {
        200: { content: { "text/plain": { schema: z.string() } }, description: "Text format" },
        ...problems(),
      },
    }),
    async (context) => context.text(await metricsText(site), 200, { "content-type": "text/plain; version=0.0.4" }),
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/operations",
      tags: ["operations"],
      summary: "Queues, dead letters, disks, and recordings that need a look",
      middleware: guard.needs("view"),
      responses: { 200: json(operations, "Operations"), ...problems() },
    }),
    async (context) => {
      const { runtime, index, config } = site;
      const letters = runtime.deadLetters();
      const queues = runtime.queued().map(({ stage, messages }) => ({
        stage,
        messages,
        deadLetters: letters.filter(({ queue }) => queue === stage).length,
      }));
      return context.json(
        {
          clips: countClips(runtime.state.read),
          queues,
          deadLetters: letters.slice(-100).map(({ messageId, queue, error, sentMs, body }) => ({
            ...{ id: messageId, queue, error, sentAt: new Date(sentMs).toISOString() },
            ...clipIdIn(body),
          })),
          index: index.progress(),
          recordingProblems: index
            .problems()
            .slice(0, 500)
            .map(({ startMs, ...problem }) => ({
              ...problem,
              ...(startMs !== undefined && { start: startMs }),
            })),
          disks: (await Promise.all([...new Set([config.state, config.clips])].map(diskOf))).map(
            ({ problem, ...disk }) => ({ ...disk, ...(problem && { problem: problem.text }) }),
          ),
        },
        200,
      );
    },
  );
}

/** What keeps clips from being made. */
async function healthProblems({ runtime, index, config }: Site): Promise<string[]> {
  const found = [...index.unreachable].map(([folder, problem]) => `${folder}: ${problem}`);
  try {
    runtime.state.read.row("SELECT 1 FROM owner");
  } catch (error) {
    found.push(`the state file: ${(error as Error).message}`);
  }
  for (const { problem } of await Promise.all([config.state, config.clips].map(diskOf)))
    if (problem) found.push(problem.text);
  return found;
}

function clipIdIn(body: string): { clipId?: string } {
  const clipId = /"clipId":\s*"([^"\\]{1,200})"/.exec(body)?.[1];
  return clipId === undefined ? {} : { clipId };
}
