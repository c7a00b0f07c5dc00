import type { Desk, KnownGroup } from "@camclips/functions";
import { createRoute, z } from "@hono/zod-openapi";
import type { Guard } from "../auth/guard.ts";
import { type Api, json, problems } from "./route.ts";
import { groupPage, instant } from "./schemas.ts";

const CURSOR = /^(\d{1,16})~(.+)$/;

/** Groups that were taken up, of a service and of other places alike. */
export function addGroupList(api: Api, desk: Pick<Desk, "groups">, guard: Guard): void {
  api.openapi(
    createRoute({
      method: "get",
      path: "/groups",
      tags: ["groups"],
      summary: "List groups, the latest first",
      middleware: guard.needs("view"),
      request: {
        query: z.object({
          since: instant.optional().openapi({ description: "Groups that were taken up then or later" }),
          limit: z.coerce.number().int().min(1).max(500).default(50),
          cursor: z.string().max(300).regex(CURSOR).optional().openapi({ description: "`next` of the page before" }),
        }),
      },
      responses: { 200: json(groupPage, "A page"), ...problems() },
    }),
    async (context) => {
      const { since, limit, cursor } = context.req.valid("query");
      const [, sinceMs, groupId = ""] = CURSOR.exec(cursor ?? "") ?? [];
      const behind = sinceMs === undefined ? undefined : { sinceMs: Number(sinceMs), groupId };
      const groups = await firstOf(desk.groups({ sinceMs: since, behind }), limit + 1);
      const last = groups.length > limit ? groups[limit - 1] : undefined;
      const next = last && `${last.sinceMs}~${last.groupId}`;
      return context.json({ groups: groups.slice(0, limit).map(summaryOf), ...(next && { next }) }, 200);
    },
  );
}

async function firstOf<T>(all: AsyncIterable<T>, count: number): Promise<T[]> {
  const first: T[] = [];
  for await (const each of all) if (first.push(each) === count) break;
  return first;
}

const summaryOf = ({ sinceMs, ...group }: KnownGroup) => ({
  ...group,
  since: sinceMs,
  links: { self: `/groups/${encodeURIComponent(group.groupId)}` },
});
