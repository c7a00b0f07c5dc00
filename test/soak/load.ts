import { copyFile, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/** A recording appears as recorders write it, and those that are too old go. */
export async function record(folder: string, sample: string, startMs: number, keptMs: number): Promise<void> {
  const name = `${new Date(startMs).toISOString().slice(0, 19).replaceAll(":", "-")}.mp4`;
  const path = join(folder, name);
  await copyFile(sample, `${path}.part`);
  await utimes(`${path}.part`, new Date(startMs + 2000), new Date(startMs + 2000));
  await rename(`${path}.part`, path);
  for (const old of await readdir(folder)) {
    const { mtimeMs } = await stat(join(folder, old));
    if (mtimeMs < startMs - keptMs) await rm(join(folder, old));
  }
}

/** Two seconds, across two recordings. */
export async function ask(url: string, camera: string, startMs: number): Promise<void> {
  const start = Math.floor(startMs);
  const body = JSON.stringify({ camera, start, end: start + 2000 });
  const answer = await fetch(`${url}/clips`, { method: "POST", body, headers: { "content-type": "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** What an open console does: lists, coverage, a frame, and a stream that is left again. */
export async function lookOn(url: string, camera: string): Promise<void> {
  const leaving = new AbortController();
  const stream = await fetch(`${url}/events`, { signal: leaving.signal });
  const paths = [
    "/clips?limit=50",
    "/operations",
    `/cameras/${camera}/coverage`,
    `/cameras/${camera}/frame?at=${Date.now() - 20_000}`,
  ];
  for (const path of paths) await (await fetch(`${url}${path}`)).arrayBuffer();
  leaving.abort();
  await stream.body?.cancel().catch(() => {});
}

export async function clipCounts(url: string): Promise<Record<string, number>> {
  const { clips } = (await (await fetch(`${url}/operations`)).json()) as { clips: Record<string, number> };
  return clips;
}
