import { createHash, randomBytes } from "node:crypto";
import type { Desk } from "@camclips/functions";
import { addOperator } from "../api/operator.ts";
import type { Api } from "../api/route.ts";
import type { Guard } from "../auth/guard.ts";
import { Signer } from "../auth/signed.ts";
import { createBaseApp } from "../http/base-app.ts";
import { consoleFile } from "../http/console-files.ts";
import { type Listening, listen } from "../http/listen.ts";
import { addDeskClips } from "./clips.ts";
import { addDeskEvents } from "./events.ts";
import { addDeskFiles, type LinkToClip, type OpenFile } from "./files.ts";
import { addDeskGroups } from "./groups.ts";

export interface DeskConsoleOptions {
  desk: Desk;
  open: OpenFile;
  /** Absent where no links can be made. */
  link?: LinkToClip | undefined;
  /** HOST:PORT, of this machine alone. */
  address: string;
  onError(error: unknown): void;
}

export interface DeskConsole extends Pick<Listening, "url" | "close"> {
  /** Whoever has it acts with the rights of whoever runs this. */
  token: string;
}

const DAY_MS = 86_400_000;
const COUNTED = 2_000;

/** Serves the console for a desk: what is not the desk's (footage, frames, disks) is not shown. */
export async function startDeskConsole({
  desk,
  open,
  link,
  address,
  onError,
}: DeskConsoleOptions): Promise<DeskConsole> {
  const token = randomBytes(24).toString("base64url");
  const sha256 = createHash("sha256").update(token).digest("hex");
  const signer = new Signer(randomBytes(32));
  const tokens = [{ name: "console", scope: "administer" as const, sha256 }];
  const options = { tokens, allowOrigins: [], signer, now: Date.now };
  const about = { name: desk.name, shows: link ? (["links"] as const) : [] };
  const { app, guard } = createBaseApp(options, about, onError);
  addDeskClips(app, desk, guard, Date.now);
  addDeskEvents(app, desk, guard, Date.now);
  addDeskFiles(app, desk, guard, { open, link, now: Date.now });
  addDeskGroups(app, desk, guard);
  addDeskOperations(app, desk, guard);
  addOperator(app, desk, guard);
  app.get("/*", (context) => consoleFile(context.req.raw));
  const { url, close } = await listen(app, address);
  return { url, close, token };
}

/** Queues, and clips of the last day: all of them would be too many to count. Dead letters are looked at when they are asked for. */
function addDeskOperations(app: Api, desk: Desk, guard: Guard): void {
  app.get("/operations", guard.needs("view"), async (context) => {
    const [queues, clips] = await Promise.all([desk.queues(), countClips(desk)]);
    return context.json({ clips, clipsSince: Date.now() - DAY_MS, queues });
  });
}

async function countClips(desk: Desk): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let seen = 0;
  for await (const { state } of desk.clips({ sinceMs: Date.now() - DAY_MS })) {
    counts[state] = (counts[state] ?? 0) + 1;
    seen += 1;
    if (seen === COUNTED) break;
  }
  return counts;
}
