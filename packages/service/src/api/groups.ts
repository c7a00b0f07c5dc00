import { readGroup } from "@camclips/core/group";
import { lookAtGroup } from "@camclips/functions";
import { askedGroup } from "@camclips/local";
import { createRoute, z } from "@hono/zod-openapi";
import type { Guard } from "../auth/guard.ts";
import { Problem } from "../http/problem.ts";
import type { Site } from "../site.ts";
import { askGroup } from "./ask-group.ts";
import { type Api, json, problems } from "./route.ts";
import { groupRequest, groupView } from "./schemas.ts";

type GroupView = z.input<typeof groupView>;

export const groupParams = z.object({ groupId: z.string().openapi({ param: { name: "groupId", in: "path" } }) });

export function addGroups(api: Api, site: Site, guard: Guard): void {
  api.openapi(
    createRoute({
      method: "post",
      path: "/groups",
      tags: ["groups"],
      summary: "Ask for clips of one incident, which are told of at once",
      description: "With the same Idempotency-Key or groupId, a call that is repeated brings the same group.",
      middleware: guard.needs("request"),
      request: {
        headers: z.object({ "idempotency-key": z.string().min(1).max(200).optional() }),
        body: { required: true, content: { "application/json": { schema: groupRequest } } },
      },
      responses: {
        202: json(groupView, "Accepted; stored on the disk"),
        200: json(groupView, "Asked for before"),
        ...problems(409, 413, 415, 503, 507),
      },
    }),
    async (context) => {
      const key = context.req.valid("header")["idempotency-key"];
      const { groupId, isNew } = await askGroup(site, context.req.valid("json"), key);
      const group = await groupOr404(site, groupId);
      return context.json(group, isNew ? 202 : 200, { location: group.links.self ?? "" });
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/groups/{groupId}",
      tags: ["groups"],
      summary: "A group, with what became of each of its clips",
      middleware: guard.needs("view"),
      request: { params: groupParams },
      responses: { 200: json(groupView, "The group"), ...problems(404) },
    }),
    async (context) => context.json(await groupOr404(site, context.req.valid("param").groupId), 200),
  );
}

/** @throws Problem 404 */
export async function groupOr404({ runtime }: Site, groupId: string): Promise<GroupView> {
  const asked = askedGroup(runtime.state.read, groupId);
  const isName = groupRequest.shape.groupId.safeParse(groupId).success;
  const found = isName ? await lookAtGroup(groupId, runtime.records) : undefined;
  const group = found ?? (asked && queued(asked));
  if (!group) throw new Problem(404, `nobody asked for a group ${groupId.slice(0, 130)}`);
  const self = `/groups/${encodeURIComponent(groupId)}`;
  return { ...group, links: { self, ...(group.status !== "GROUP_PENDING" && { zip: `${self}/clips.zip` }) } };
}

/** A group that the pipeline has not taken up yet. */
function queued({ body, sentMs }: { body: string; sentMs: number }): Omit<GroupView, "links"> | undefined {
  const group = readGroup(body, sentMs);
  if (!group) return undefined;
  const items = group.items.map(({ request: { clipId, cameraId, startMs, endMs } }) => ({
    ...{ clipId, cameraId, startTimestampInMs: startMs, endTimestampInMs: endMs, status: "CLIP_PENDING" },
  }));
  return { groupId: group.groupId, status: "GROUP_PENDING", decided: 0, items };
}
