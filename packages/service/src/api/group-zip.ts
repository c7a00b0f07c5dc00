import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { clipKey } from "@camclips/core";
import { createRoute, z } from "@hono/zod-openapi";
import { makeZip, predictLength } from "client-zip";
import type { Guard } from "../auth/guard.ts";
import { Problem } from "../http/problem.ts";
import type { Site } from "../site.ts";
import { groupOr404, groupParams } from "./groups.ts";
import { type Api, problems } from "./route.ts";

/** What an archive says of itself: the group, and where each of its clips lies in it. */
const INDEX = "group.json";

interface Entry {
  name: string;
  size: number;
  lastModified: Date;
  open(): AsyncIterable<Uint8Array> | Uint8Array<ArrayBuffer>;
}

export function addGroupZip(api: Api, site: Site, guard: Guard): void {
  api.openapi(
    createRoute({
      method: "get",
      path: "/groups/{groupId}/clips.zip",
      tags: ["groups"],
      summary: "The clips of a group that is decided, in one file, with what became of the others",
      middleware: guard.needs("view"),
      request: { params: groupParams },
      responses: {
        200: {
          content: { "application/zip": { schema: z.string().openapi({ format: "binary" }) } },
          description: `{camera}/{clip}.mp4 for each clip that is there, and ${INDEX}`,
        },
        ...problems(404, 409),
      },
    }),
    async (context) => {
      const group = await groupOr404(site, context.req.valid("param").groupId);
      const { status, decided, items } = group;
      if (status === "GROUP_PENDING")
        throw new Problem(409, `${decided} of ${items.length} items are decided: wait for the others`);
      const entries = await entriesOf(group, site);
      const name = encodeURIComponent(`${group.groupId}.zip`);
      const headers = {
        "content-type": "application/zip",
        "content-length": String(predictLength(entries)),
        "content-disposition": `attachment; filename*=UTF-8''${name}`,
        "cache-control": "private, no-store",
      };
      return new Response(context.req.method === "HEAD" ? null : makeZip(inputsOf(entries)), { headers });
    },
  );
}

/** Each file is opened when its turn comes. One that was replaced meanwhile has another size, and the answer breaks off. */
function* inputsOf(entries: readonly Entry[]) {
  for (const { open, ...entry } of entries) yield { ...entry, input: open() };
}

async function entriesOf(group: Awaited<ReturnType<typeof groupOr404>>, { config, clock }: Site): Promise<Entry[]> {
  const clips = new Map<string, Entry>();
  const items = [];
  for (const item of group.items) {
    // Keys are made of ids that were checked and encoded: no name leaves its folder.
    const name = item.status === "CLIP_AVAILABLE" ? clipKey(item.cameraId, item.clipId) : undefined;
    const path = name && join(config.clips, name);
    const file = path && (await stat(path).catch(() => undefined));
    if (name && path && file)
      clips.set(name, { name, size: file.size, lastModified: file.mtime, open: () => createReadStream(path) });
    items.push({ ...item, file: file ? name : null });
  }
  const index = new TextEncoder().encode(`${JSON.stringify({ ...group, items }, null, 2)}\n`);
  const told = { name: INDEX, size: index.byteLength, lastModified: new Date(clock.now()), open: () => index };
  return [told, ...clips.values()];
}
