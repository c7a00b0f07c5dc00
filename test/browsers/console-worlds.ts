import { join } from "node:path";
import { decidedStatus } from "../../packages/core/src/index.ts";
import { toEnvelope } from "../../packages/events/src/index.ts";
import {
  createFolderStore,
  createLocalDesk,
  createSqliteRecords,
  operatorPorts,
  StateFile,
} from "../../packages/local/src/index.ts";
import { startDeskConsole } from "../../packages/service/src/index.ts";
import { sampleEvent } from "../../packages/testing/src/sample-events.ts";
import { request } from "../../packages/testing/src/stage-world.ts";
import type { TestService } from "../../packages/testing/src/test-service.ts";

const clock = { now: Date.now };
const stateFolder = ({ folder }: TestService) => join(folder, ".camclips", "service");
const stateOf = (world: TestService) => new StateFile(join(stateFolder(world), "state.sqlite"));

/** The console of a desk on a service's state, as `camclips console --stage` serves one; a dead letter rests there. */
export async function deskConsole(world: TestService) {
  const file = stateOf(world);
  await file.write((transaction) =>
    transaction.run(
      "INSERT INTO dead_letters (queue, body, sent_ms, receives, error) VALUES ('render-clip', ?, ?, 4, 'Error: out of memory')",
      ...[JSON.stringify(toEnvelope(sampleEvent("SourcesDownloaded"))), Date.now() - 600_000],
    ),
  );
  const folder = stateFolder(world);
  const desk = createLocalDesk({ name: 'stage "staging"', file, folder, clock, ports: operatorPorts(file, clock) });
  const served = await startDeskConsole({
    desk,
    open: (bucket, key, signal) => createFolderStore(bucket).open(key, signal),
    link: async ({ clipId }, expiresMs) => ({
      url: `https://clips.example.com/${clipId}`,
      expiresAt: new Date(expiresMs).toISOString(),
    }),
    address: "127.0.0.1:0",
    onError: (error) => world.errors.push(String(error)),
  });
  return {
    ...served,
    async [Symbol.asyncDispose]() {
      await served.close();
      file[Symbol.dispose]();
    },
  };
}

/** Clips of the last weeks, as their records list them. */
export async function addClips(world: TestService, count: number): Promise<void> {
  using file = stateOf(world);
  const records = createSqliteRecords(file, clock);
  const now = Date.now();
  const writes = Array.from({ length: count }, (_, index) => {
    const startMs = now - index * 20_000;
    const asked = request({ clipId: `clip-${index}`, cameraId: "pier", startMs, endMs: startMs + 10_000 });
    const decided = index % 50 === 0 ? ("CLIP_NOT_AVAILABLE" as const) : ("CLIP_AVAILABLE" as const);
    const at = new Date(startMs).toISOString();
    return records.setStatus(decidedStatus(asked, { status: decided, isRerun: false }, at, startMs));
  });
  await Promise.all(writes);
}
