import type { Desk } from "@camclips/functions";
import { addGroupList } from "../api/group-list.ts";
import type { Api } from "../api/route.ts";
import { groupRequest } from "../api/schemas.ts";
import type { Guard } from "../auth/guard.ts";
import { Problem } from "../http/problem.ts";

/** Groups of a place elsewhere. Its clips are not here to be sent in one file. */
export function addDeskGroups(app: Api, desk: Desk, guard: Guard): void {
  addGroupList(app, desk, guard);
  app.get("/groups/:groupId", guard.needs("view"), async (context) => {
    const { groupId } = context.req.param();
    const isName = groupRequest.shape.groupId.safeParse(groupId).success;
    const group = isName ? await desk.group(groupId) : undefined;
    if (!group) throw new Problem(404, `there is no group ${groupId.slice(0, 130)}, or it was not taken up yet`);
    return context.json({ ...group, links: { self: `/groups/${encodeURIComponent(groupId)}` } });
  });
}
