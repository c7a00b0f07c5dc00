import { clipState } from "@camclips/core";
import { choiceNames, groupStatus, parseEnvelope, reason, status } from "@camclips/events";
import { type DeadWork, type Desk, type GroupView, type KnownClip, LEVELS } from "@camclips/functions";
import * as z from "zod/mini";
import { callServer, type Server, ServerRefusal } from "../server/call-server.ts";

/** A clip as the service lists it (packages/service/src/api/schemas.ts). */
const listed = z.object({
  clipId: z.string(),
  title: z.optional(z.string()),
  camera: z.nullable(z.string()),
  start: z.nullable(z.number()),
  end: z.nullable(z.number()),
  state: clipState,
  since: z.number(),
  asked: z.optional(z.number()),
  attempt: z._default(z.number(), 1),
  deadlineAt: z._default(z.string(), ""),
  nextAttemptAt: z.optional(z.string()),
  status: z.optional(status),
  reason: z.optional(reason),
});
const page = z.object({ clips: z.array(listed), next: z.optional(z.string()) });
const groupPage = z.object({
  groups: z.array(
    z.object({
      groupId: z.string(),
      since: z.number(),
      items: z.number(),
      status: z.enum(["GROUP_PENDING", ...groupStatus.options]),
    }),
  ),
  next: z.optional(z.string()),
});
const told = z.looseObject({ status: z.optional(status), reason: z.optional(reason) });
const histories = z.object({ events: z.array(z.pipe(z.unknown(), z.transform(parseEnvelope))) });
const operations = z.looseObject({
  queues: z.array(z.object({ stage: z.string(), messages: z.number(), deadLetters: z.number() })),
});
const logLines = z.object({
  lines: z.array(
    z.object({
      atMs: z.number(),
      level: z.enum(LEVELS),
      stage: z.string(),
      clipId: z.nullable(z.string()),
      summary: z.string(),
      text: z.string(),
    }),
  ),
});
const MOST_LINES = 10_000;
const redriven = z.object({ sent: z.array(z.string()), left: z.array(z.string()) });

const UNKNOWN = { kind: "unknown" } as const;

/** A running service, over HTTP. What it refuses is thrown as it says it. */
export function serverDesk(server: Server): Desk {
  const call = (path: string, options?: Parameters<typeof callServer>[2]) => callServer(server, path, options);
  const clipPath = (clipId: string) => `/clips/${encodeURIComponent(clipId)}`;
  return {
    name: server.url,
    async *clips({ states = [], camera, sinceMs, range, search, behind }) {
      const query = queryOf({
        ...{ state: states.join(","), camera, since: sinceMs, start: range?.[0], end: range?.[1], search, limit: 500 },
      });
      let cursor = behind && `${behind.sinceMs}~${behind.clipId}`;
      do {
        if (cursor !== undefined) query.set("cursor", cursor);
        const { clips, next } = page.parse(await call(`/clips?${query}`));
        for (const clip of clips) yield knownClip(clip);
        cursor = next;
      } while (cursor !== undefined);
    },
    async clip(clipId) {
      // One that is queued has no state of its own yet.
      const read = listed.safeParse(await unless404(call(clipPath(clipId)), undefined));
      return read.success ? knownClip(read.data) : undefined;
    },
    latest: async () => page.parse(await call("/clips?limit=1")).clips[0]?.clipId,
    history: async (clipId) =>
      histories.parse(await unless404(call(`${clipPath(clipId)}/history`), { events: [] })).events,
    async request(_, { clipId, cameraId: camera, startMs: start, endMs: end, ...request }) {
      const choices = Object.fromEntries(choiceNames.map((name) => [name, request[name]]));
      await call("/clips", { method: "POST", body: { clipId, camera, start, end, ...choices } });
    },
    async requestGroup(_, { groupId, items }) {
      const wanted = items.map(({ request: { clipId, cameraId: camera, startMs: start, endMs: end, ...request } }) => {
        const choices = Object.fromEntries(choiceNames.map((name) => [name, request[name]]));
        return { clipId, camera, start, end, ...choices };
      });
      await call("/groups", { method: "POST", body: { groupId, items: wanted } });
    },
    group: async (groupId) =>
      (await unless404(call(`/groups/${encodeURIComponent(groupId)}`), undefined)) as GroupView | undefined,
    async *groups({ sinceMs, behind }) {
      const query = queryOf({ since: sinceMs, limit: 500 });
      let cursor = behind && `${behind.sinceMs}~${behind.groupId}`;
      do {
        if (cursor !== undefined) query.set("cursor", cursor);
        const { groups, next } = groupPage.parse(await call(`/groups?${query}`));
        for (const { since, ...group } of groups) yield { ...group, sinceMs: since };
        cursor = next;
      } while (cursor !== undefined);
    },
    async cancel(clipId) {
      try {
        await call(clipPath(clipId), { method: "DELETE" });
        return { kind: "cancelled" };
      } catch (error) {
        if (!(error instanceof ServerRefusal)) throw error;
        if (error.status === 404) return UNKNOWN;
        if (error.status !== 409) throw error;
        const clip = told.parse(await call(clipPath(clipId)));
        if (clip.status === undefined || clip.status === "CLIP_PENDING") return { kind: "too early" };
        return { kind: "decided", status: clip.status, reason: clip.reason };
      }
    },
    queues: async () => operations.parse(await call("/operations")).queues,
    async logs({ sinceMs, clipId, level }) {
      const query = queryOf({ since: Math.max(sinceMs, FIRST_MS), clip: clipId, level, limit: MOST_LINES });
      return logLines.parse(await call(`/logs?${query}`)).lines.map(({ clipId, ...line }) => ({
        ...line,
        clipId: clipId ?? undefined,
      }));
    },
    async deadLetters(functions, limit) {
      const answer = await call(`/dead-letters?${queryOf({ function: functions.join(","), limit })}`);
      return (answer as { deadLetters: DeadWork[] }).deadLetters;
    },
    async redrive(stage, { limit, dryRun, messageId }) {
      const body = { function: stage, dryRun, messageId, ...(Number.isFinite(limit) && { limit }) };
      return redriven.parse(await call("/dead-letters/redrive", { method: "POST", body }));
    },
    async replay(clipId, { from, fromMs, toMs, notify }) {
      const body = { from, notify, start: Math.max(fromMs, FIRST_MS), end: toMs };
      const answer = call(`${clipPath(clipId)}/replay`, { method: "POST", body });
      return (await unless404(answer, UNKNOWN)) === UNKNOWN ? UNKNOWN : { kind: "sent" };
    },
  };
}

/** The API takes no instant before the year 1973, so that seconds are not taken for milliseconds. */
const FIRST_MS = 1e11;

const knownClip = ({ camera, start, end, since, asked, status, ...clip }: z.output<typeof listed>): KnownClip => ({
  ...clip,
  ...{ cameraId: camera, startMs: start, endMs: end, sinceMs: since, askedMs: asked },
  ...(status !== undefined && status !== "CLIP_PENDING" && { outcome: status }),
});

function queryOf(fields: Record<string, string | number | undefined>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined && value !== "") query.set(name, String(value));
  return query;
}

const unless404 = <T>(answer: Promise<unknown>, otherwise: T): Promise<unknown> =>
  answer.catch((error: unknown) => {
    if (error instanceof ServerRefusal && error.status === 404) return otherwise;
    throw error;
  });
