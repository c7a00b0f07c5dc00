import { join } from "node:path";
import { setInterval } from "node:timers/promises";
import { readSettings } from "@camclips/events";
import { createFolderStore, LocalRuntime } from "@camclips/local";
import { fakeMedia } from "../stage-world.ts";

/**
 * A process of its own for kill.test.ts: goes on with the state in a folder until nothing is left to do, then ends.
 * Arguments: folder, camera service, instant at which its clock began (it runs 40 times as fast as time), milliseconds
 * by which it is ahead.
 */

const [folder = "", url = "", begunAt = "0", aheadMs = "0"] = process.argv.slice(2);
const SPEED = 40;
const begun = Number(begunAt);

const runtime = new LocalRuntime({
  root: join(folder, "state"),
  settings: readSettings({
    CAM_SERVICES_URL: url,
    RECORDINGS_URL: url,
    CLIP_URL: "https://clips.test.com",
    S3_BUCKET_ORIGIN: "recordings",
    THUMBNAIL_SIZES: "300",
  }),
  origin: createFolderStore(join(folder, "origin")),
  destination: createFolderStore(join(folder, "destination")),
  destinationBucket: "clips",
  media: fakeMedia(),
  clock: { now: () => Math.floor(begun + (Date.now() - begun) * SPEED + Number(aheadMs)) },
  redeliverAfterMs: () => 5,
});
await runtime.start();
process.stdout.write("started\n");
for await (const _ of setInterval(5)) {
  await runtime.fireDue();
  await runtime.idle({ ignore: () => true });
  if (runtime.schedules.every(({ queue }) => queue === "check-deadline")) break;
}
await runtime.stop();
